//! A login in a method. A layer compares the origin.
use axum::extract::ws::{Message, WebSocket};
struct Wire { socket: WebSocket }
fn verify_token(text: &str) -> Option<String> { text.strip_prefix("token ").map(str::to_owned) }
/// Self.
impl Wire {
    async fn login(&mut self) -> bool {
        match self.socket.recv().await { //~ login_deadline
            Some(Ok(Message::Text(text))) => verify_token(&text).is_some(),
            _ => false,
        }
    }
}
impl Wire {
    async fn serve(mut self) {
        if !self.login().await { return }
        while let Some(Ok(message)) = self.socket.recv().await {
            if self.socket.send(message).await.is_err() { break }
        }
    }
}
