// Copyright (C) the ngx_rt authors

// Publishes a message with ioredis: the port is the argument.

'use strict';

const path = require('path');
const Redis = require(path.join(__dirname,
    '../../build/browser/node_modules/ioredis'));

const redis = new Redis(Number(process.argv[2]), '127.0.0.1');

redis.xadd('rt:{news}', 'MAXLEN', '~', 1000, '*', 't', 'a', 'd', 'of Node.js')
    .then(() => redis.quit());
