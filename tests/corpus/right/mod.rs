//! Right handlers: none of them may ever get a diagnostic.

mod accepting;
mod allowed;
mod blocking;
mod blocks;
mod closing;
mod errors;
mod helpers;
mod labels;
mod loops;
mod macros;
mod names;
mod neighbours;
mod odd;
mod protocols;
mod rooms;
mod select;
mod splitting;
mod tasks;
mod tasks_that_end;
mod timing;
mod traps_flow;
mod traps_last;
mod traps_more;
mod traps_options;
mod traps_tasks;
mod values;
