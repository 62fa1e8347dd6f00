/** Model providers, under the names that configurations carry. */
export enum Providers {
  /** OpenAI, and every server that speaks its protocol at another base URL. */
  OPENAI = 'openAI',
  /** Google Vertex AI. */
  VERTEXAI = 'vertexai',
  /** Amazon Bedrock. */
  BEDROCK = 'bedrock',
  /** Anthropic. */
  ANTHROPIC = 'anthropic',
  /** Mistral, under the name of its LangChain package. */
  MISTRALAI = 'mistralai',
  /** Mistral. */
  MISTRAL = 'mistral',
  /** Google Gemini with an API key. */
  GOOGLE = 'google',
  /** OpenAI models on Azure. */
  AZURE = 'azureOpenAI',
  /** DeepSeek. */
  DEEPSEEK = 'deepseek',
  /** OpenRouter. */
  OPENROUTER = 'openrouter',
  /** xAI. */
  XAI = 'xai',
  /** Moonshot. */
  MOONSHOT = 'moonshot',
  /** Ollama's own protocol, on a server of one's own. */
  OLLAMA = 'ollama',
  /** The built-in scripted model: offline and deterministic. */
  DEMO = 'demo',
}
