// A valid and a wrong value of each setting that has an input of its own, by page.

/**
 * By page and name of the setting: the valid value and the wrong text. A valid value is a text, a
 * boolean for a switch, an option of a choice, a number, or a list of lines. The wrong text is null
 * if the input allows no wrong value.
 */
export const pages = {
  application: {
    'meta.appName': ['Orchard', ''],
    'meta.appURL': ['https://orchard.example', 'nowhere at all'],
    'meta.accentColor': ['#8a3f86', null],
    'meta.hideControls': [true, null],
  },
  mail: {
    'meta.senderName': ['Maya', ''],
    'meta.senderAddress': ['maya@orchard.example', 'maya'],
    'smtp.enabled': [true, null],
    'smtp.host': ['smtp.orchard.example', 'smtp orchard'],
    'smtp.port': [2525, '70000'],
    'smtp.username': ['maya', null],
    'smtp.password': ['a-secret', null],
    'smtp.tls': [true, null],
    'smtp.authMethod': ['LOGIN', null],
    'smtp.localName': ['mail.orchard.example', 'mail orchard'],
  },
  files: bucket('s3', { 's3.presigned': [true, null] }),
  backups: bucket('backups.s3', { 'backups.cron': ['0 3 1 1 *', 'now and then'], 'backups.cronMaxKeep': [7, '0'] }),
  limits: {
    'rateLimits.enabled': [true, null],
    'rateLimits.excludedIPs': [['10.0.0.0/8', '192.0.2.1'], '10.0.0.0/8\nnobody'],
    superuserIPs: [['127.0.0.0/8', '::1'], '127.0.0.0/99'],
    'trustedProxy.headers': [['X-Real-IP'], null],
    'trustedProxy.peers': [['10.0.0.0/8'], 'a proxy'],
    'trustedProxy.useLeftmostIP': [true, null],
  },
  logs: {
    'logs.maxDays': [14, '-1'],
    'logs.minLevel': ['4', null],
    'logs.maxSize': [500, '-1'],
    'logs.maxDataSize': [4096, '-1'],
    'logs.logIP': [false, null],
    'logs.logAuthId': [true, null],
    'logs.inBackups': [true, null],
  },
  api: {
    'batch.enabled': [true, null],
    'batch.maxRequests': [20, '-1'],
    'batch.timeout': [5, '-1'],
    'batch.maxBodySize': [1000000, '-1'],
    'graphql.enabled': [false, null],
    'graphql.introspection': ['superusers', null],
    'graphql.maxDepth': [9, '101'],
    'graphql.maxRows': [5000, '0'],
    'graphql.maxRootFields': [5, '0'],
    'graphql.maxMutations': [5, '0'],
    'graphql.maxTokens': [500, '0'],
    'graphql.maxBodyBytes': [5000, '0'],
    'graphql.timeoutSeconds': [5, '0'],
    'graphql.persistedOnly': [true, null],
    'graphql.documents': ['{"names":"{ __typename }"}', null],
    'server.idleSeconds': [90, '-1'],
  },
  realtime: {
    'realtime.maxConnectionsPerIP': [50, '-1'],
    'realtime.maxMessageBytes': [2048, '1'],
    'realtime.messagesPerSecond': [50, '0'],
    'realtime.messageBurst': [60, '0'],
    'realtime.drainSeconds': [6, '21'],
    'realtime.compress': [true, null],
    'realtime.maxSubscriptions': [70, '0'],
    'realtime.maxFiltered': [80, '-1'],
    'realtime.maxFilters': [90, '-1'],
    'realtime.maxLiveQueries': [11, '-1'],
    'realtime.maxChannels': [12, '-1'],
  },
};

function bucket(at, others) {
  return {
    [`${at}.enabled`]: [true, null],
    [`${at}.bucket`]: ['seeds', ''],
    [`${at}.region`]: ['eu-north-1', ''],
    [`${at}.endpoint`]: ['https://s3.orchard.example', 'an endpoint'],
    [`${at}.credentials`]: ['', null],
    [`${at}.accessKey`]: ['key', ''],
    [`${at}.secret`]: ['a-secret', null],
    [`${at}.forcePathStyle`]: [true, null],
    ...others,
  };
}
