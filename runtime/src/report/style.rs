use std::io::IsTerminal;

use annotate_snippets::Renderer;

/// Whether a report has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    Colours,
}

impl Look {
    /// Colours when standard error is a terminal, unless `NO_COLOR` is set to anything (<https://no-color.org>).
    pub(crate) fn of_stderr() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stderr().is_terminal() && !refused { Self::Colours } else { Self::Plain }
    }

    pub(super) fn renderer(self) -> Renderer {
        match self {
            Self::Plain => Renderer::plain(),
            Self::Colours => Renderer::styled(),
        }
    }
}
