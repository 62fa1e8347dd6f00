//! moss-agent
