# Copyright (C) the ngx_rt authors

"""Publishes a message with python3-redis: the port is the argument."""

import sys

import redis

r = redis.Redis(port=int(sys.argv[1]))
r.xadd('rt:{news}', {'t': 'a', 'd': 'of Python é'}, maxlen=1000,
       approximate=True)
