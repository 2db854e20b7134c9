//! The kinds of endpoints that can be written.

/// What the endpoint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Push,
    Echo,
    Rooms,
}

impl Kind {
    /// The source of the module.
    pub(super) fn source(self, name: &str) -> String {
        let template = match self {
            Self::Push => include_str!("templates/push.rs.txt"),
            Self::Echo => include_str!("templates/echo.rs.txt"),
            Self::Rooms => include_str!("templates/rooms.rs.txt"),
        };
        template.replace("NAME", name)
    }

    /// The call on the `Server` that gives the endpoint its state.
    pub(super) fn state(self, name: &str) -> Option<String> {
        let event = match self {
            Self::Push => "Event",
            Self::Echo => return None,
            Self::Rooms => "Said",
        };
        Some(format!(".state(sockeye::Hub::<{name}::{event}>::new())"))
    }

    pub(super) fn route(self, name: &str) -> String {
        match self {
            Self::Push | Self::Echo => format!("/ws/{name}"),
            Self::Rooms => format!("/ws/{name}/{{room}}"),
        }
    }

    /// Whether the source needs axum's extractors and serde.
    pub(super) fn has_messages(self) -> bool {
        self != Self::Echo
    }
}
