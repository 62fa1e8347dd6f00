//! moss-protocol
