//! When the program stops. `Server::serve` has this built in.

use tokio::signal;

/// Ctrl-C, or what `kill`, systemd and Kubernetes send.
pub(crate) async fn signal() {
    tokio::select! {
        () = ctrl_c() => {}
        () = terminate() => {}
    }
}

async fn ctrl_c() {
    if let Err(error) = signal::ctrl_c().await {
        tracing::error!(%error, "Ctrl-C cannot be listened for; stop the program with `kill`");
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminate() {
    match signal::unix::signal(signal::unix::SignalKind::terminate()) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be listened for; stop the program with Ctrl-C");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending::<()>().await;
}
