//! Moves the bodies of functions out of a file.

use std::mem;

use syn::{Block, ImplItem, Item};

use crate::syntax::Function;

/// Moves the bodies of the outermost functions of these items to the functions, which are in the same order.
pub(super) fn take<'f>(items: &mut [Item], functions: &mut impl Iterator<Item = &'f mut Function>) {
    for item in items {
        match item {
            Item::Fn(item) => take_one(&mut item.block, functions),
            Item::Impl(item) => {
                for one in &mut item.items {
                    if let ImplItem::Fn(item) = one {
                        take_one(&mut item.block, functions);
                    }
                }
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &mut module.content {
                    take(items, functions);
                }
            }
            _ => {}
        }
    }
}

/// The braces stay, so that the end of the function is still known.
fn take_one<'f>(block: &mut Block, functions: &mut impl Iterator<Item = &'f mut Function>) {
    if let Some(function) = functions.next() {
        let brace_token = block.brace_token;
        function.set_block(Block { brace_token, stmts: mem::take(&mut block.stmts) });
    }
}
