//! The brokers, as Debian has them.

use std::path::Path;

use crate::{
    Result,
    programs::{Program, find},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broker {
    Redis,
    Nats,
}

impl Broker {
    /// The one that is asked for, or the first that is installed.
    pub(crate) fn choose(name: Option<&str>) -> Result<Self> {
        let choices: &[Self] = match name {
            None => &[Self::Redis, Self::Nats],
            Some("redis") => &[Self::Redis],
            Some("nats") => &[Self::Nats],
            Some(other) => return Err(format!("the broker {other:?} is not known: `redis` or `nats`").into()),
        };
        let installed = choices.iter().find(|broker| find(broker.program()).is_some());
        installed.copied().ok_or_else(|| {
            let packages: Vec<_> =
                choices.iter().map(|broker| format!("`apt-get install {}`", broker.program())).collect();
            format!("there is no broker on this machine: {}", packages.join(" or ")).into()
        })
    }

    /// The name of the program is that of the package.
    fn program(self) -> &'static str {
        match self {
            Self::Redis => "redis-server",
            Self::Nats => "nats-server",
        }
    }

    pub(crate) fn url(self, port: u16) -> String {
        match self {
            Self::Redis => format!("redis://127.0.0.1:{port}"),
            Self::Nats => format!("nats://127.0.0.1:{port}"),
        }
    }

    /// It keeps nothing on the disk.
    pub(crate) fn on(self, port: u16, folder: &Path) -> Result<Program> {
        let port_text = port.to_string();
        let folder = folder.display().to_string();
        let arguments = match self {
            Self::Redis => {
                vec![
                    "--bind",
                    "127.0.0.1",
                    "--port",
                    &port_text,
                    "--save",
                    "",
                    "--dir",
                    &folder,
                    "--loglevel",
                    "warning",
                ]
            }
            Self::Nats => vec!["--addr", "127.0.0.1", "--port", &port_text, "--log", "/dev/null"],
        };
        let path = find(self.program()).ok_or("the broker is not there any more")?;
        Ok(Program::new("the broker", path, &arguments, port))
    }
}
