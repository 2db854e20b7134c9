use http::StatusCode;
use sockeye_rules::HOST_REFUSED;

use super::Name;
use crate::{log::Words, refusal::Refusal};

/// A host that the server does not serve.
#[derive(Debug)]
pub(crate) struct Refused {
    host: String,
    /// The name in it, if the request came over the loopback interface; otherwise it is not in the user's list.
    rebound: Option<Name>,
}

impl Refused {
    pub(super) fn unlisted(host: &str) -> Self {
        Self { host: host.to_owned(), rebound: None }
    }

    pub(super) fn rebound(host: &str, name: Name) -> Self {
        Self { host: host.to_owned(), rebound: Some(name) }
    }

    pub(crate) fn into_refusal(self) -> Refusal {
        Refusal::of_client(&HOST_REFUSED, StatusCode::MISDIRECTED_REQUEST, self.reason(), self.remedy())
            .telling("this server does not serve the host that the request names")
    }

    fn reason(&self) -> Words {
        if self.rebound.is_none() {
            return Words::own("the request names the host `")
                .then_foreign(&*self.host)
                .then("`, which is not in the list passed to `Server::hosts`");
        }
        Words::own("a page requests `").then_foreign(&*self.host).then(
            "` over the loopback interface, and any site can point its name at this machine (DNS rebinding)",
        )
    }

    fn remedy(&self) -> String {
        match &self.rebound {
            // The longest possible name; it contains no character that could break a line.
            Some(Name(name)) if name.len() <= 253 => format!(
                "if the name belongs to this server, write `.hosts([\"{name}\"])` on the `Server`, or `.public_url(\"http://{}\")`",
                self.host
            ),
            _ => "if the host belongs to this server, add its name to the list, without the port".to_owned(),
        }
    }
}
