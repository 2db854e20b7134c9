//! The signals that stop a server, while it runs.

#[cfg(unix)]
pub(crate) use unix::{came, signal};

#[cfg(not(unix))]
pub(crate) use elsewhere::{came, signal};

#[cfg(unix)]
mod unix {
    use std::{
        sync::{
            Arc, LazyLock, Mutex, PoisonError,
            atomic::{AtomicBool, Ordering},
        },
        task::Poll,
    };

    use signal_hook::flag::{register, register_conditional_default};
    use tokio::signal::unix::{Signal, SignalKind, signal as stream};

    use super::super::Shutdown;

    /// Ctrl-C, SIGTERM or SIGHUP, from this call on: a program that is notified when the server listens may send a signal at once,
    /// before anything has been polled. A signal that the program was started to ignore, such as SIGHUP under `nohup`, stays ignored.
    pub(crate) fn signal() -> Shutdown {
        let claim = Claim::new();
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let heard = kinds.into_iter().filter(|kind| !disposition::is_ignored(*kind));
        let mut streams: Vec<Signal> = heard.filter_map(|kind| stream(kind).ok()).collect();
        Box::pin(std::future::poll_fn(move |cx| {
            let _held = &claim;
            let came = streams.iter_mut().any(|stream| stream.poll_recv(cx).is_ready());
            if came { Poll::Ready(()) } else { Poll::Pending }
        }))
    }

    /// A signal has arrived while signals stop a server of the process. For the watchdog: a blocked runtime does not notice it.
    static CAME: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

    /// Whether a signal has arrived that stops the servers.
    pub(crate) fn came() -> bool {
        CAME.load(Ordering::SeqCst)
    }

    fn note_signals() {
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            if !disposition::is_ignored(kind) {
                // A signal that cannot be registered cannot stop the server either.
                let _ = register(kind.as_raw_value(), Arc::clone(&CAME));
            }
        }
    }

    /// How many servers of the process are stopped by signals, and the effect of a signal if there are none.
    ///
    /// tokio keeps its handlers for the life of the process. Without this, only SIGKILL could end a program that cleans up after
    /// `serve`.
    static CLAIMS: Mutex<Claims> = Mutex::new(Claims { held: 0, defaults: None });

    struct Claims {
        held: usize,
        /// True while no server is stopped by signals: signals without an earlier handler then have their default action
        /// again.
        defaults: Option<Arc<AtomicBool>>,
    }

    /// A server that is stopped by signals.
    struct Claim;

    impl Claim {
        fn new() -> Self {
            let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
            if claims.held == 0 {
                CAME.store(false, Ordering::SeqCst);
            }
            claims.held += 1;
            // Only the first claim sees the handlers from before our own.
            let defaults = claims.defaults.get_or_insert_with(|| {
                let defaults = give_back_unhandled();
                note_signals();
                defaults
            });
            // `SeqCst`, since a signal handler reads it, which cannot take a lock.
            defaults.store(false, Ordering::SeqCst);
            Self
        }
    }

    impl Drop for Claim {
        fn drop(&mut self) {
            let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
            claims.held -= 1;
            if let Some(defaults) = claims.defaults.as_ref().filter(|_| claims.held == 0) {
                defaults.store(true, Ordering::SeqCst);
            }
        }
    }

    /// Registers the default action of every signal that the program does not handle itself; it runs when the flag is set.
    fn give_back_unhandled() -> Arc<AtomicBool> {
        let flag = Arc::new(AtomicBool::new(false));
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            if disposition::is_default(kind) {
                // A signal that cannot be registered cannot stop the server either.
                let _ = register_conditional_default(kind.as_raw_value(), Arc::clone(&flag));
            }
        }
        flag
    }

    /// What the process does with a signal. Only Linux exposes this without `unsafe`; on other platforms the program is assumed to handle
    /// Ctrl-C and SIGTERM itself, and to ignore SIGHUP.
    mod disposition {
        use tokio::signal::unix::SignalKind;

        pub(super) fn is_default(kind: SignalKind) -> bool {
            mask("SigCgt:").zip(mask("SigIgn:")).is_some_and(|(caught, ignored)| !has(caught | ignored, kind))
        }

        pub(super) fn is_ignored(kind: SignalKind) -> bool {
            mask("SigIgn:").map_or(kind == SignalKind::hangup(), |ignored| has(ignored, kind))
        }

        fn has(mask: u64, kind: SignalKind) -> bool {
            mask >> (kind.as_raw_value() - 1) & 1 == 1
        }

        /// A set of signals in `/proc/self/status` (proc(5)).
        fn mask(name: &str) -> Option<u64> {
            let status = std::fs::read_to_string("/proc/self/status").ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            u64::from_str_radix(line.trim(), 16).ok()
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use super::super::Shutdown;

    /// The signals go only to the runtime.
    pub(crate) fn came() -> bool {
        false
    }

    /// Ctrl-C.
    pub(crate) fn signal() -> Shutdown {
        Box::pin(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
