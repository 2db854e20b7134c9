use std::io::IsTerminal;

use annotate_snippets::Renderer;

/// Whether the output has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Plain text.
    Plain,
    /// With terminal colours.
    Colours,
}

impl Look {
    /// Colours if the stream is a terminal, unless `NO_COLOR` is set to anything (<https://no-color.org>).
    pub fn of(stream: &impl IsTerminal) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stream.is_terminal() && !refused { Self::Colours } else { Self::Plain }
    }

    pub(super) fn renderer(self) -> Renderer {
        match self {
            Self::Plain => Renderer::plain(),
            Self::Colours => Renderer::styled(),
        }
    }
}
