use std::any::TypeId;

use axum::extract::{ConnectInfo, connect_info::MockConnectInfo};
use http::Extensions;
use serde::de::DeserializeOwned;

use super::Requirements;
use crate::path_shape::{self, Shape};

/// A requirement of a parameter that must be met before the first request.
#[derive(Debug, Clone, Copy)]
pub enum Requirement {
    /// None that can be known at startup.
    Nothing,
    /// `State<T>`: a value of this type given to `Server::state`.
    State {
        /// Type id of `T`.
        id: TypeId,
        /// Full name of `T`.
        name: &'static str,
    },
    /// `Option<State<T>>`: a value of this type, if one was given to `Server::state`.
    OptionalState {
        /// Type id of `T`.
        id: TypeId,
    },
    /// `Extension<T>`: inserted into the request by a layer.
    Extension {
        /// Full name of `T`.
        name: &'static str,
        /// Whether the request contains it.
        present: fn(&Extensions) -> bool,
    },
    /// `ConnectInfo<T>`: inserted into the request by the listener.
    ConnectInfo {
        /// Full name of `T`.
        name: &'static str,
        /// Whether the request contains it.
        present: fn(&Extensions) -> bool,
    },
    /// `Path<T>`: parameters of the route.
    Path {
        /// Full name of `T`.
        name: &'static str,
        /// Determines what `T` requires and compares that with the route's names, in order.
        shape: fn(&[&str]) -> Shape,
    },
    /// Cookies or similar credentials, which a browser sends from any page.
    Credentials,
    /// The requirements that the parameter's type declares through `Requires`.
    Declared(fn(&mut Requirements)),
}

impl Requirement {
    pub(super) fn state<T: 'static>() -> Self {
        Self::State { id: TypeId::of::<T>(), name: std::any::type_name::<T>() }
    }

    pub(super) fn optional_state<T: 'static>() -> Self {
        Self::OptionalState { id: TypeId::of::<T>() }
    }

    pub(super) fn extension<T: Clone + Send + Sync + 'static>() -> Self {
        Self::Extension { name: std::any::type_name::<T>(), present: |all| all.get::<T>().is_some() }
    }

    pub(super) fn connect_info<T: Clone + Send + Sync + 'static>() -> Self {
        Self::ConnectInfo {
            name: std::any::type_name::<T>(),
            present: |all| all.get::<ConnectInfo<T>>().is_some() || all.get::<MockConnectInfo<T>>().is_some(),
        }
    }

    pub(super) fn path<T: DeserializeOwned>() -> Self {
        Self::Path { name: std::any::type_name::<T>(), shape: path_shape::shape::<T> }
    }
}
