/** Names of the events that a run sends to its handlers. The keys and values are those of the Run interface. */
export enum GraphEvents {
  /** Another agent took over. */
  ON_AGENT_UPDATE = 'on_agent_update',
  /** A run step began: a message is being written, or a tool is being called. */
  ON_RUN_STEP = 'on_run_step',
  /** More of a tool call's name or arguments. */
  ON_RUN_STEP_DELTA = 'on_run_step_delta',
  /** A run step has its result. */
  ON_RUN_STEP_COMPLETED = 'on_run_step_completed',
  /** A run step ended; comes exactly once a step. */
  ON_RUN_STEP_CLOSED = 'on_run_step_closed',
  /** More text of a message. */
  ON_MESSAGE_DELTA = 'on_message_delta',
  /** More of the model's reasoning. */
  ON_REASONING_DELTA = 'on_reasoning_delta',
  /** The host is asked to execute tools. */
  ON_TOOL_EXECUTE = 'on_tool_execute',
  /** The conversation is being summarised. */
  ON_SUMMARIZE_START = 'on_summarize_start',
  /** More of the summary. */
  ON_SUMMARIZE_DELTA = 'on_summarize_delta',
  /** The summary is done, or failed. */
  ON_SUMMARIZE_COMPLETE = 'on_summarize_complete',
  /** Something happened in a subagent. */
  ON_SUBAGENT_UPDATE = 'on_subagent_update',
  /** A line for the log. */
  ON_AGENT_LOG = 'on_agent_log',
  /** How full the context window is. */
  ON_CONTEXT_USAGE = 'on_context_usage',
  /** An event of the host's own. */
  ON_CUSTOM_EVENT = 'on_custom_event',
  /** A model is called. */
  CHAT_MODEL_START = 'on_chat_model_start',
  /** A model sent a chunk. */
  CHAT_MODEL_STREAM = 'on_chat_model_stream',
  /** A model's answer is complete; carries the usage. */
  CHAT_MODEL_END = 'on_chat_model_end',
  /** As LangChain's; not sent. */
  LLM_START = 'on_llm_start',
  /** As LangChain's; not sent. */
  LLM_STREAM = 'on_llm_stream',
  /** As LangChain's; not sent. */
  LLM_END = 'on_llm_end',
  /** As LangChain's; not sent. */
  CHAIN_START = 'on_chain_start',
  /** As LangChain's; not sent. */
  CHAIN_STREAM = 'on_chain_stream',
  /** As LangChain's; not sent. */
  CHAIN_END = 'on_chain_end',
  /** A tool is about to be invoked. */
  TOOL_START = 'on_tool_start',
  /** A tool returned. */
  TOOL_END = 'on_tool_end',
  /** As LangChain's; not sent. */
  RETRIEVER_START = 'on_retriever_start',
  /** As LangChain's; not sent. */
  RETRIEVER_END = 'on_retriever_end',
  /** As LangChain's; not sent. */
  PROMPT_START = 'on_prompt_start',
  /** As LangChain's; not sent. */
  PROMPT_END = 'on_prompt_end',
}
