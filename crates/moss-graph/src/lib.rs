//! moss-graph
