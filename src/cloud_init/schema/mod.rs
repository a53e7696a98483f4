//! What cloud-init knows: the keys of a cloud-config and of network configuration of both versions, and what each may
//! hold.
//!
//! The facts come from the JSON Schemas that cloud-init ships (see the table's first lines), by which `cloud-init
//! schema` judges. The table is a text that is searched where it stands, and a program that judges nothing does not
//! carry it; `tests/cloud_init/schema.rs` makes it anew from the schemas and compares.
//!
//! It says less than the schemas, and never more: where they ask for a pattern, a range of numbers, or that exactly one
//! of several forms fits, it lets everything pass. So what is refused here cloud-init refuses too.

mod finding;
mod judge;
mod root;
mod table;
mod view;

pub use finding::{Finding, Step, What};
pub use judge::{Whole, judge};
pub use root::{judge_document, model_at};
pub use table::{Model, Shape};
pub use view::{View, Viewed};
