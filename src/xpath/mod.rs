//! XPath 1.0, and what joins and choices need of 3.1, over any [`Tree`].

pub mod tree;

pub use tree::{Kind, Tree, Value, Variables};
