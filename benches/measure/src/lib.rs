//! What virt-patch's engine costs: pieces of work whose answer is checked before they are measured, and three
//! ways to measure them: in turns by the clock, by criterion, and by instructions under valgrind, which do not depend
//! on what else the machine does.

pub mod budgets;
pub mod callgrind;
pub mod growth;
pub mod inputs;
pub mod machine;
pub mod plot;
pub mod turns;
pub mod work;

/// What goes wrong in measuring is told and ends it.
pub type Error = Box<dyn std::error::Error>;
