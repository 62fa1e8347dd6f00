//! moss-llm
