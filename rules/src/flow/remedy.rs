//! What to write instead, in the words of Sockeye or of axum.

use super::{Flavor, Flow};

impl Flow<'_> {
    /// A loop that receives until the peer has closed.
    pub(crate) fn receive_loop(&self, listener: &str) -> String {
        match self.flavor {
            Flavor::Sockeye => format!("while let Some(message) = {listener}.recv().await? {{ .. }}"),
            Flavor::Axum => format!("while let Some(Ok(message)) = {listener}.recv().await {{ .. }}"),
        }
    }

    /// A branch of `select!` that ends the function when the peer has closed.
    pub(crate) fn receive_branch(&self, listener: &str) -> String {
        match self.flavor {
            Flavor::Sockeye => {
                format!(
                    "message = {listener}.recv() => match message? {{ Some(message) => .., None => return Ok(()) }}"
                )
            }
            Flavor::Axum => {
                format!(
                    "message = {listener}.recv() => match message {{ Some(Ok(message)) => .., _ => return }}"
                )
            }
        }
    }

    /// The call, with its error passed on or looked at.
    pub(crate) fn checked(&self, call: &str) -> String {
        match self.flavor {
            Flavor::Sockeye => {
                format!("write `{call}.await?`, or leave the loop: `if {call}.await.is_err() {{ break }}`")
            }
            Flavor::Axum => format!("leave the loop: `if {call}.await.is_err() {{ break }}`"),
        }
    }
}
