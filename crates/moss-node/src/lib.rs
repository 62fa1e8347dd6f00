//! moss-node
