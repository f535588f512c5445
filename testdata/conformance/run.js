// Runs the official clients against the simulator: @alicloud/ecs20140526 and
// @alicloud/sts20150401, which sign by V3, and @alicloud/pop-core, which signs by
// the older RPC scheme. They are used as they come; only endpoint and protocol are
// set.
//
// The images asked for here are made by TestConformance in batch/ecs/ecssim,
// which starts the server and tells its address in IMGRENAME_ENDPOINT.
'use strict';

const assert = require('node:assert/strict');
const ecs = require('@alicloud/ecs20140526');
const identity = require('@alicloud/sts20150401');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const { RPCClient } = require('@alicloud/pop-core');

const endpoint = process.env.IMGRENAME_ENDPOINT;
assert(endpoint, 'IMGRENAME_ENDPOINT is the address of the simulator, as 127.0.0.1:1234');

const REGION = 'cn-hangzhou';
const ALL = 'Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated';
const DEFAULT_KEY = { id: 'simulator', secret: 'simulator' };

// The two clients behind one face: call(action, parameters) gives the body, or
// throws { status, code, message, requestId }.

function v3(key = DEFAULT_KEY, product = ecs) {
  const client = new product.default(new $OpenApiUtil.Config({
    accessKeyId: key.id, accessKeySecret: key.secret, securityToken: key.token,
    type: key.token ? 'sts' : 'access_key', endpoint, protocol: 'http', regionId: REGION,
  }));
  return {
    async call(action, parameters) {
      const method = lower(action);
      const Request = product[`${action}Request`];
      try {
        const answer = await client[method](...(Request ? [new Request(typed(action, parameters))] : []));
        return plain(answer.body.toMap());
      } catch (e) {
        if (!e.code || !e.statusCode) throw e;
        throw {
          status: e.statusCode, code: e.code, message: e.message, requestId: e.requestId, wait: e.retryAfter, denied: e.accessDeniedDetail,
        };
      }
    },
  };
}

// typed turns flat parameters into the fields of a request.
function typed(action, parameters) {
  const fields = {};
  for (const [name, value] of Object.entries(parameters)) {
    const tag = name.match(/^Tag\.(\d+)\.(Key|Value)$/);
    if (name.startsWith('Features.')) {
      fields.features = new ecs.ModifyImageAttributeRequestFeatures({ ...fields.features, [lower(name.slice(9))]: value });
    } else if (tag) {
      fields.tag ||= [];
      fields.tag[tag[1] - 1] = new ecs.DescribeImagesRequestTag({ ...fields.tag[tag[1] - 1], [lower(tag[2])]: value });
    } else {
      fields[lower(name)] = value;
    }
  }
  return fields;
}

const lower = (name) => name[0].toLowerCase() + name.slice(1);
const plain = (value) => JSON.parse(JSON.stringify(value));

function rpc(method, key = DEFAULT_KEY, apiVersion = '2014-05-26') {
  const client = new RPCClient({
    accessKeyId: key.id, accessKeySecret: key.secret, securityToken: key.token, endpoint: `http://${endpoint}`, apiVersion,
  });
  return {
    async call(action, parameters) {
      try {
        return plain(await client.request(action, parameters, { method }));
      } catch (e) {
        if (!e.data) throw e;
        assert(e.data.HostId, 'an error body has a HostId');
        throw { status: e.entry.response.statusCode, code: e.code, message: e.data.Message, requestId: e.data.RequestId };
      }
    },
  };
}

const CLIENTS = [
  ['V3', v3],
  ['RPC GET', (key) => rpc('GET', key)],
  ['RPC POST', (key) => rpc('POST', key)],
];

let passed = 0;
let failed = 0;

async function check(name, f) {
  try {
    await f();
    passed++;
    console.log(`ok   ${name}`);
  } catch (e) {
    failed++;
    console.log(`FAIL ${name}: ${e instanceof Error ? e.message : JSON.stringify(e)}`);
  }
}

async function refused(call, status, code) {
  let error;
  try {
    await call;
  } catch (e) {
    error = e;
  }
  assert(error, `let through, want ${code}`);
  if (error instanceof Error) throw error;
  assert.equal(error.code, code);
  assert.equal(error.status, status);
  assert(error.message, 'no message');
  assert.match(error.requestId, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  return error;
}

const describe = (client, more = {}) => client.call('DescribeImages', { RegionId: REGION, Status: ALL, ...more });
const modify = (client, id, more) => client.call('ModifyImageAttribute', { RegionId: REGION, ImageId: id, ...more });
const find = async (client, id) => (await describe(client, { ImageId: id })).Images.Image[0];

// Every refusal of ModifyImageAttribute: image, parameters, status, code.
const REFUSALS = [
  ['m-plain', { ImageName: 'x' }, 400, 'InvalidImageName.Malformed'],
  ['m-plain', { ImageName: '1web' }, 400, 'InvalidImageName.Malformed'],
  ['m-plain', { ImageName: 'aliyun-web' }, 400, 'InvalidImageName.Malformed'],
  ['m-plain', { ImageName: 'web base' }, 400, 'InvalidImageName.Malformed'],
  ['m-plain', { ImageName: '镜'.repeat(129) }, 400, 'InvalidImageName.Malformed'],
  ['m-plain', { Description: 'http://example.com' }, 400, 'InvalidDescription.Malformed'],
  ['m-plain', { Description: '图'.repeat(257) }, 400, 'InvalidDescription.Malformed'],
  ['m-plain', { ImageFamily: 'acs:web' }, 400, 'InvalidImageFamily.Malformed'],
  ['m-plain', { ImageName: 'taken' }, 400, 'InvalidImageName.Duplicated'],
  ['m-plain', { Status: 'Sold' }, 400, 'InvalidParameter'],
  ['m-plain', { BootMode: 'DOS' }, 400, 'InvalidParameter'],
  ['m-plain', { LicenseType: 'GPL' }, 400, 'InvalidLicenseType.NotSupported'],
  ['m-plain', { 'Features.NvmeSupport': 'maybe' }, 400, 'InvalidParameter'],
  ['m-plain', { 'Features.ImdsSupport': 'v3' }, 400, 'InvalidParameter.FeaturesImdsSupport'],
  ['m-plain', { Status: 'Available' }, 403, 'ImageStatus.NotDeprecated'],
  ['m-plain', { ImageFamily: 'one-more' }, 400, 'ImageFamilyQuotaFull'],
  ['m-plain', { ImageFamily: 'full' }, 400, 'ImageQuotaFull.ImageFamily'],
  ['m-deprecated', { Status: 'Deprecated' }, 403, 'ImageStatus.NotAvailable'],
  ['m-shared', { Status: 'Deprecated' }, 403, 'ImageUseShared'],
  ['m-busy', { BootMode: 'UEFI' }, 403, 'OperationDeined.ImageUsingByInstance'],
  ['m-fussy', { BootMode: 'UEFI' }, 400, 'InvalidBootMode.NotSupport'],
  ['m-v2', { 'Features.ImdsSupport': 'v1' }, 403, 'InvalidOperation.FeaturesImdsSupportNotMatch'],
  ['m-creating', { ImageName: 'too-early' }, 403, 'InvalidStatus.ImageIsCreating'],
  ['m-none', { ImageName: 'nobody' }, 404, 'InvalidImageId.NotFound'],
  ['m-plain', { RegionId: 'mars-1' }, 404, 'InvalidRegionId.NotFound'],
  ['m-denied', { ImageName: 'forbidden' }, 403, 'Forbidden.RAM'],
  ['m-throttled', { ImageName: 'too-fast' }, 400, 'Throttling.User'],
  ['m-rejected', { ImageName: 'too-fast' }, 429, 'Rejected.Throttling'],
  ['m-unlucky', { ImageName: 'bad-luck' }, 500, 'InternalError'],
  ['m-tired', { ImageName: 'bad-luck' }, 503, 'ServiceUnavailable'],
];

// Names and descriptions that have to survive escaping and signing.
const TEXTS = [
  ['黄金镜像-v1.2:rc_1', 'a b*c~d+e'],
  ['Ünïcode_imagé', `quotes ' " and (brackets)!`],
  ['𠮷野家-mirror', 'percent % %20 and ampersand & equals = hash # plus +'],
  ['web.base:2024_06-01', 'line\nbreak, tab\t, slash / back \\ <tag> 100% 完'],
];

async function reads(label, client) {
  await check(`${label}: regions`, async () => {
    const ids = (await client.call('DescribeRegions', {})).Regions.Region.map((r) => r.RegionId);
    assert.deepEqual(ids, ['cn-hangzhou', 'cn-shanghai']);
  });
  await check(`${label}: one image with all its values`, async () => {
    const i = await find(client, 'm-fussy');
    assert.equal(i.ImageName, 'fussy');
    assert.equal(i.ImageFamily, 'full');
    assert.equal(i.ImageOwnerAlias, 'self');
    assert.deepEqual(i.Tags.Tag, [{ TagKey: 'team', TagValue: '图' }]);
    assert.equal(i.Features.NvmeSupport, 'supported');
    assert.match(i.CreationTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });
  await check(`${label}: an unknown image is an empty list`, async () => {
    const page = await describe(client, { ImageId: 'm-none' });
    assert.deepEqual([page.TotalCount, page.Images.Image], [0, []]);
  });
  await check(`${label}: only Available ones unless asked`, async () => {
    const page = await client.call('DescribeImages', { RegionId: REGION, ImageId: 'm-deprecated,m-fussy' });
    assert.deepEqual(page.Images.Image.map((i) => i.ImageId), ['m-fussy']);
  });
  await check(`${label}: by tag`, async () => {
    const page = await describe(client, { 'Tag.1.Key': 'team', 'Tag.1.Value': '图' });
    assert.deepEqual(page.Images.Image.map((i) => i.ImageId), ['m-fussy']);
  });
  await check(`${label}: pages`, async () => {
    const seen = new Set();
    for (let n = 1; n <= 3; n++) {
      const page = await client.call('DescribeImages', { RegionId: 'cn-shanghai', PageSize: 100, PageNumber: n, ImageOwnerAlias: 'self' });
      assert.deepEqual([page.TotalCount, page.PageNumber, page.PageSize, page.RegionId], [205, n, 100, 'cn-shanghai']);
      assert.equal(page.Images.Image.length, n < 3 ? 100 : 5);
      page.Images.Image.forEach((i) => seen.add(i.ImageId));
    }
    assert.equal(seen.size, 205);
  });
  await check(`${label}: a page too large`, () => refused(describe(client, { PageSize: 101 }), 400, 'InvalidParameter'));
}

async function writes(label, client) {
  for (const [n, [name, description]] of TEXTS.entries()) {
    await check(`${label}: rename to ${name}`, async () => {
      const body = await modify(client, 'm-text', { ImageName: name, Description: description });
      assert.deepEqual(Object.keys(body), ['RequestId']);
      const i = await find(client, 'm-text');
      assert.deepEqual([i.ImageName, i.Description], [name, description]);
      assert.equal((await describe(client, { ImageName: name })).TotalCount, 1, `found by name, text ${n}`);
    });
  }
  await check(`${label}: every other attribute, and back`, async () => {
    await modify(client, 'm-text', { Status: 'Deprecated', BootMode: 'UEFI-Preferred', LicenseType: 'BYOL', 'Features.NvmeSupport': 'supported', 'Features.ImdsSupport': 'v1' });
    assert.equal((await find(client, 'm-text')).Status, 'Deprecated');
    await modify(client, 'm-text', { Status: 'Available', BootMode: 'BIOS', 'Features.NvmeSupport': 'unsupported' });
    assert.equal((await find(client, 'm-text')).BootMode, 'BIOS');
  });
  await check(`${label}: a dry run is an error and changes nothing`, async () => {
    const before = await find(client, 'm-text');
    const e = await refused(modify(client, 'm-text', { ImageName: 'dry', DryRun: true }), 400, 'DryRunOperation');
    assert.match(e.message, /with DryRun flag set/);
    assert.deepEqual(await find(client, 'm-text'), before);
  });
  await check(`${label}: a dry run that fails`, () => refused(modify(client, 'm-text', { ImageName: 'taken', DryRun: true }), 400, 'InvalidImageName.Duplicated'));
}

async function refusals(label, client) {
  for (const [id, parameters, status, code] of REFUSALS) {
    const text = JSON.stringify(parameters).slice(0, 60);
    await check(`${label}: ${id} ${text} is ${code}`, () => refused(modify(client, id, parameters), status, code));
  }
  await check(`${label}: without a region`, () => refused(client.call('ModifyImageAttribute', { ImageId: 'm-plain' }), 400, 'MissingParameter'));
  await check(`${label}: without an image`, () => refused(client.call('ModifyImageAttribute', { RegionId: REGION }), 400, 'MissingParameter'));
}

async function keys(label, connect) {
  const cases = [
    ['unknown key', { id: 'nobody', secret: 'x' }, 404, 'InvalidAccessKeyId.NotFound'],
    ['wrong secret', { id: 'simulator', secret: 'guess' }, 400, 'SignatureDoesNotMatch'],
    ['inactive key', { id: 'inactive', secret: 'simulator' }, 400, 'InvalidAccessKeyId.Inactive'],
    ['token missing', { id: 'sts', secret: 'simulator' }, 400, 'MissingSecurityToken'],
    ['token of another key', { id: 'sts', secret: 'simulator', token: 'other' }, 400, 'InvalidSecurityToken.MismatchWithAccessKey'],
    ['token expired', { id: 'sts-old', secret: 'simulator', token: 'token' }, 400, 'InvalidSecurityToken.Expired'],
  ];
  for (const [name, key, status, code] of cases) {
    await check(`${label}: ${name}`, () => refused(describe(connect(key)), status, code));
  }
  await check(`${label}: a token`, async () => {
    assert((await describe(connect({ id: 'sts', secret: 'simulator', token: 'token' }))).TotalCount > 0);
  });
}

// The clients of STS, by the two schemes.
const STS_CLIENTS = [
  ['V3', (key) => v3(key, identity)],
  ['RPC', (key) => rpc('POST', key, '2015-04-01')],
];

const ROLE = { RoleArn: 'acs:ram::1234567890123456:role/ops', RoleSessionName: 'nightly' };

async function sts(label, connect) {
  const client = connect();
  let session;
  await check(`STS ${label}: who am I`, async () => {
    const me = await client.call('GetCallerIdentity', {});
    assert.deepEqual([me.AccountId, me.IdentityType, me.Arn], ['1234567890123456', 'Account', 'acs:ram::1234567890123456:root']);
  });
  await check(`STS ${label}: assume a role`, async () => {
    const body = await client.call('AssumeRole', { ...ROLE, DurationSeconds: 900 });
    session = { id: body.Credentials.AccessKeyId, secret: body.Credentials.AccessKeySecret, token: body.Credentials.SecurityToken };
    const left = Date.parse(body.Credentials.Expiration) - Date.now();
    assert(left > 800e3 && left <= 901e3, `the session lasts ${left} ms`);
    assert.equal(body.AssumedRoleUser.Arn, 'acs:ram::1234567890123456:assumed-role/ops/nightly');
  });
  await check(`STS ${label}: who the session is`, async () => {
    const me = await connect(session).call('GetCallerIdentity', {});
    assert.deepEqual([me.AccountId, me.IdentityType], ['1234567890123456', 'AssumedRoleUser']);
  });
  for (const [scheme, connectECS] of CLIENTS) {
    await check(`STS ${label}: ${scheme} works with the role`, async () => {
      assert((await describe(connectECS(session))).TotalCount > 0);
    });
  }
  for (const [what, parameters, status, code] of [
    ['no role', { RoleSessionName: 'nightly' }, 400, 'MissingParameter'],
    ['another account', { ...ROLE, RoleArn: 'acs:ram::1:role/ops' }, 404, 'EntityNotExist.Role'],
    ['a bad session name', { ...ROLE, RoleSessionName: 'a b' }, 400, 'InvalidParameter.RoleSessionName'],
    ['too long', { ...ROLE, DurationSeconds: 43201 }, 400, 'InvalidParameter.DurationSeconds'],
    ['a policy of its own', { ...ROLE, Policy: '{"Version":"1","Statement":[]}' }, 400, 'UnsupportedParameter'],
  ]) {
    await check(`STS ${label}: ${what}`, () => refused(client.call('AssumeRole', parameters), status, code));
  }
  await check(`STS ${label}: a wrong secret`, () => refused(connect({ id: 'simulator', secret: 'guess' }).call('GetCallerIdentity', {}), 400, 'SignatureDoesNotMatch'));
}

async function main() {
  for (const [label, connect] of CLIENTS) {
    const client = connect();
    await reads(label, client);
    await writes(label, client);
    await refusals(label, client);
    await keys(label, connect);
  }
  await check('V3: the hint of a throttled call is understood', async () => {
    const e = await refused(modify(v3(), 'm-throttled', { ImageName: 'again' }), 400, 'Throttling.User');
    assert.equal(e.wait, 2000);
  });
  await check('V3: a denial says what is denied', async () => {
    const e = await refused(modify(v3(), 'm-denied', { ImageName: 'forbidden' }), 403, 'Forbidden.RAM');
    assert.deepEqual([e.denied.AuthAction, e.denied.NoPermissionType], ['ecs:ModifyImageAttribute', 'ExplicitDeny']);
  });
  for (const [label, connect] of STS_CLIENTS) {
    await sts(label, connect);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

main();
