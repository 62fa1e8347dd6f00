/** Callbacks that `processStream` takes in `options.callbacks`. */
export enum Callback {
  /** A tool threw. */
  TOOL_ERROR = 'handleToolError',
  /** A tool is about to be invoked. */
  TOOL_START = 'handleToolStart',
  /** A tool returned. */
  TOOL_END = 'handleToolEnd',
}

/** Values of a content part's `type`. */
export enum ContentTypes {
  TEXT = 'text',
  THINK = 'think',
  TOOL_CALL = 'tool_call',
  AGENT_UPDATE = 'agent_update',
  SUMMARY = 'summary',
  IMAGE_URL = 'image_url',
  ERROR = 'error',
  STEER = 'steer',
}

/** Values of a run step's `type`. */
export enum StepTypes {
  /** A message is being written. */
  MESSAGE_CREATION = 'message_creation',
  /** A tool is being called. */
  TOOL_CALLS = 'tool_calls',
}
