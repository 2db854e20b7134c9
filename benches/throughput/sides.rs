//! The servers that are compared.

use std::{env, io, path::PathBuf, process::Command};

use sockeye_benches::process::ServerProcess;

use crate::loads::Load;

/// A server, as the tables name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) name: &'static str,
    program: Program,
}

/// What runs a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    /// This one.
    Own,
    /// `benches/rivals`.
    Rivals,
    Node,
    Python,
}

/// The first is the one that the others are compared with.
pub(crate) const ALL: [Side; 9] = [
    Side { name: "sockeye", program: Program::Own },
    Side { name: "axum", program: Program::Own },
    Side { name: "axum-tuned", program: Program::Own },
    Side { name: "tokio-websockets", program: Program::Rivals },
    Side { name: "fastwebsockets", program: Program::Rivals },
    Side { name: "actix-ws", program: Program::Rivals },
    Side { name: "bare", program: Program::Rivals },
    Side { name: "node-ws", program: Program::Node },
    Side { name: "fastapi", program: Program::Python },
];

impl Side {
    /// Whether the server has what this load needs.
    pub(crate) fn can(self, load: &Load) -> bool {
        match load {
            Load::Feed { .. } => !matches!(self.name, "bare" | "fastwebsockets"),
            Load::Echo { .. } | Load::Handshakes { .. } => true,
        }
    }

    /// Starts the server; `None` if it is not installed, which `benches/run` does.
    pub(crate) fn start(self) -> io::Result<Option<ServerProcess>> {
        if self.program == Program::Own {
            return ServerProcess::start(self.name).map(Some);
        }
        self.command().map(|mut command| ServerProcess::run(&mut command)).transpose()
    }

    fn command(self) -> Option<Command> {
        let found = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
        let rivals = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/rivals"));
        match self.program {
            Program::Own => None,
            Program::Rivals => {
                let mut command = Command::new(found("SOCKEYE_RIVALS")?);
                command.arg(self.name);
                Some(command)
            }
            Program::Node => {
                let mut command = Command::new("node");
                command.arg(found("SOCKEYE_RIVALS_NODE")?.join("server.mjs"));
                Some(command)
            }
            Program::Python => {
                let mut command = Command::new(found("SOCKEYE_RIVALS_PYTHON")?);
                command.arg(rivals.join("python/server.py"));
                Some(command)
            }
        }
    }
}
