//! Calls of functions of the same file that borrow a handle: what they do with it happens at the call.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Expr, ExprMethodCall, Token, punctuated::Punctuated};

use super::{Builder, call::is_self};
use crate::{
    flow::{
        Act, Deed, Loop, NodeId, Operation, Step, Tells, api,
        value::{Handle, Pending, Site, Value},
    },
    surroundings::{Neighbour, Place},
};

/// The handles that a call lends, and what is done with each of them.
pub(super) type Lent = Vec<(Handle, Deed)>;

impl<'a> Builder<'a> {
    /// Evaluates the arguments. Handles among them are passed to code that is not followed, unless it is known what the helper does.
    pub(super) fn lend(
        &mut self,
        arguments: &'a Punctuated<Expr, Token![,]>,
        helper: Option<&Neighbour>,
    ) -> Lent {
        let mut lent = Vec::new();
        for (index, argument) in arguments.iter().enumerate() {
            let value = self.eval(argument);
            let deed = helper.and_then(|helper| helper.deed(&Place::Parameter(index)));
            match (deed, &value) {
                (Some(deed), Value::Handle(handle)) => lent.push((*handle, deed)),
                _ => self.hand_on(&value),
            }
        }
        lent
    }

    /// What a method of the same type does with the fields of `self`; `None` if that is not known of each.
    pub(super) fn lend_self(&self, call: &ExprMethodCall, helper: &Neighbour) -> Option<Lent> {
        let Value::Tuple(fields) = self.names.find("self").filter(|_| is_self(&call.receiver))? else {
            return None;
        };
        let field = |value: &Value<'_>| {
            let Value::Handle(handle) = value else { return None };
            let name = self.roots[handle.connection].name.clone()?;
            Some((*handle, helper.deed(&Place::Field(name))?))
        };
        fields.iter().map(field).collect()
    }

    /// The future of what a helper does. With several handles it is not known in which order it uses them.
    pub(super) fn done_by(
        &mut self,
        method: &Ident,
        helper: Option<&Neighbour>,
        on: Option<Ident>,
        lent: Lent,
    ) -> Value<'a> {
        let acting: Vec<_> = lent.into_iter().filter(|(_, deed)| *deed != Deed::Looks).collect();
        let [(handle, deed)] = *acting.as_slice() else {
            for (handle, _) in &acting {
                self.escape(&Value::Handle(*handle));
            }
            return Value::Other;
        };
        let act = match deed {
            Deed::Sends(_) | Deed::Streams => Act::Send,
            Deed::Receives | Deed::ReceivesSome | Deed::ReceivesTried | Deed::ReceivesUnseen => Act::Recv,
            Deed::Closes => Act::Close,
            Deed::Looks => return Value::Other,
        };
        self.sites += 1;
        if act == Act::Close {
            self.graph.closing.push(self.sites);
        }
        let doer = helper.map(Neighbour::path);
        let (method, number) = (method.clone(), self.sites);
        let site = Site { method, on, address: 0, helper: Some(deed), doer, number };
        let layers = match deed {
            Deed::Sends(Tells::Errors) | Deed::ReceivesUnseen => api::result(),
            Deed::ReceivesSome => api::received_some(),
            Deed::ReceivesTried => api::received_tried(),
            _ => Vec::new(),
        };
        Value::Pending(Pending { act, handle, site, layers, unwrapped: None, inner: Box::new(Value::Other) })
    }

    /// A helper is awaited whose result does not say what became of its operation.
    pub(super) fn opaque(&mut self, operation: Operation) -> Value<'a> {
        if operation.site.helper == Some(Deed::Streams) {
            self.stream(operation);
        } else {
            self.taken(operation);
        }
        Value::Other
    }

    fn taken(&mut self, operation: Operation) -> NodeId {
        let of = self.push(Step::Operation(operation));
        self.push(Step::Taken { of })
    }

    /// The loop of a helper, which sends what it waits for.
    fn stream(&mut self, operation: Operation) {
        let keyword = operation.site.method.to_token_stream();
        let header = self.push(Step::Wait);
        let end = self.taken(operation);
        self.link(self.here, header);
        let nodes = header..end + 1;
        let (endless, finite, runs_dry_at) = (false, false, None);
        self.graph.loops.push(Loop { keyword, header, nodes, endless, finite, runs_dry_at });
    }
}
