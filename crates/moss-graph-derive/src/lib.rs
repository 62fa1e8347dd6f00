//! moss-graph-derive
