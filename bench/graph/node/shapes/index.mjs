// The graphs. Nodes, routers, inputs and checks are the same for every engine in JavaScript; what differs between engines is
// in their `kit`.
import { chain } from './chain.mjs';
import { fanOut, fanOutSubgraph } from './fan-out.mjs';
import { react } from './react.mjs';
import { sequential } from './sequential.mjs';
import { wide } from './wide.mjs';

export const shapes = { chain, fanOut, fanOutSubgraph, react, sequential, wide };
