// Makes the calls that stdin names with the client as it is on npm, and prints what came of each.
// node ask.js ADDRESS < [{"key", "call", "params", "options"}, …]
'use strict';

const NewsAPI = require('newsapi');

const corsProxyUrl = `${process.argv[2]}/`;

async function answerOf({ key, call, params, options }) {
  const client = new NewsAPI(key, { corsProxyUrl });
  try {
    const got = await client.v2[call](params, options);
    return options && options.showHeaders
      ? { ...got.body, ratelimit: got.headers.get('ratelimit') }
      : got;
  } catch (error) {
    return { error: error.name, message: error.message };
  }
}

async function main() {
  let asked = '';
  for await (const chunk of process.stdin) asked += chunk;
  const answers = [];
  for (const call of JSON.parse(asked)) answers.push(await answerOf(call));
  process.stdout.write(JSON.stringify(answers));
}

main();
