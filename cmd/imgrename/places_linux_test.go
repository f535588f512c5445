package main

import (
	"fmt"
	"strings"
	"time"
)

// one is a config.json with a profile named p, the current one, and another one
// with members that only the command line tool knows.
func one(fields string) string {
	return `{"current":"p","profiles":[{"name":"p","language":"en","output_format":"json",` + fields + `},
	{"name":"other","mode":"RsaKeyPair","private_key":"other-` + canary + `","key_pair_name":"k","endpoint_type":"vpc","credentials_uri":"x"}],
	"meta_path":"","plugins":{"a":1}}` + "\n"
}

// chain is a config.json with a role over another profile.
func chain(account, source string) string {
	return one(`"mode":"ChainableRamRoleArn","source_profile":"q",` + aRole(account) + `},{"name":"q",` + source)
}

func aRole(account string) string {
	return `"ram_role_arn":"` + roleOf(account) + `","ram_session_name":"nightly"`
}

func stored(name string) string {
	return fmt.Sprintf(`"access_key_id":"%s-id","access_key_secret":"%[1]s-secret-%[2]s"`, name, canary)
}

// session is the members of a session's keys. An expiry of 0 is none.
func session(name string, expires int64) string {
	return stored(name) + fmt.Sprintf(`,"sts_token":"%s-token-%s","sts_expiration":%d`, name, canary, expires)
}

var (
	later   = time.Now().Add(time.Hour).Unix()
	earlier = time.Now().Add(-time.Hour).Unix()
)

func cloudSSO(host string, tokenExpires int64, more ...string) string {
	return one(strings.Join(append([]string{
		`"mode":"CloudSSO","cloud_sso_sign_in_url":"https://` + host + `/start"`,
		`"cloud_sso_account_id":"` + ofCloudSSO + `","cloud_sso_access_config":"ac"`,
		fmt.Sprintf(`"access_token":"access-%s","cloud_sso_access_token_expire":%d`, canary, tokenExpires),
	}, more...), ","))
}

func oauth(site string, tokenExpires int64, more ...string) string {
	return one(strings.Join(append([]string{
		`"mode":"OAuth","oauth_site_type":"` + site + `","oauth_refresh_token":"refresh-` + canary + `"`,
		fmt.Sprintf(`"oauth_access_token":"access-%s","oauth_access_token_expire":%d`, canary, tokenExpires),
	}, more...), ","))
}

// process is a setting whose process prints a text.
func process(output string) setting {
	return setting{
		config: one(`"mode":"External","process_command":"/bin/sh HOME/run --secret command-` + canary + `"`),
		files:  map[string]string{"run": "echo noise-" + canary + " >&2; cat HOME/output", "output": output},
	}
}

// variables are keys in the environment, of one of the families.
func variables(family, name string) map[string]string {
	env := map[string]string{family + "ACCESS_KEY_ID": name + "-id", family + "ACCESS_KEY_SECRET": name + "-secret-" + canary}
	if strings.HasSuffix(name, "session") {
		env[family+"SECURITY_TOKEN"] = name + "-token-" + canary
	}
	return env
}

func set(pairs ...string) map[string]string {
	env := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return env
}

const (
	official   = "ALIBABA_CLOUD_"
	theProfile = "profile p of ~/.aliyun/config.json"
	theURI     = "http://uri.example/uri?key=query-" + canary
	anINI      = "[default]\ntype = access_key\naccess_key_id = ini-id\naccess_key_secret = ini-secret-" + canary + "\n"
)

var oidcVariables = set(official+"ROLE_ARN", roleOf(ofOIDC), official+"OIDC_PROVIDER_ARN", "acs:oidc", official+"OIDC_TOKEN_FILE", "HOME/token")

// usedPlaces are the places whose account's image is renamed.
var usedPlaces = []struct {
	name    string
	setting setting
	source  string // as the plan's head names it
	account string
}{
	{"keys of the environment", setting{env: variables(official, "env")}, "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)", ofEnvironment},
	{"a session of the environment", setting{env: variables(official, "env-session")}, "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)", ofEnvironment},
	{"the tool's second names", setting{env: variables("ALIBABACLOUD_", "env")}, "the environment (ALIBABACLOUD_ACCESS_KEY_ID)", ofEnvironment},
	{"the tool's third names", setting{env: variables("ALICLOUD_", "env")}, "the environment (ALICLOUD_ACCESS_KEY_ID)", ofEnvironment},
	{"the environment before a broken file", setting{env: variables(official, "env"), config: "{"}, "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)", ofEnvironment},
	{"the environment before a file", setting{env: variables("ALICLOUD_", "env"), config: one(`"mode":"AK",` + stored("config"))}, "the environment (ALICLOUD_ACCESS_KEY_ID)", ofEnvironment},
	{"a named profile before the environment", setting{env: variables(official, "env"), config: one(`"mode":"AK",` + stored("config")), profile: "p"}, theProfile, ofConfig},
	{"an OIDC role of the environment", setting{env: oidcVariables, files: set("token", "oidc-"+canary+"\n")}, "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE)", ofOIDC},
	{"a profile of the environment", setting{env: set("ALICLOUD_PROFILE", "p"), config: strings.Replace(one(`"mode":"AK",`+stored("config")), `"current":"p"`, `"current":"other"`, 1)}, theProfile, ofConfig},
	{"a URI of the environment", setting{env: set(official+"CREDENTIALS_URI", theURI)}, "the environment (ALIBABA_CLOUD_CREDENTIALS_URI)", ofURI},
	{"the instance's role", setting{}, "the instance's role the-role", ofInstance},
	{"the instance's role by name", setting{env: set(official+"ECS_METADATA", "other-role")}, "the instance's role other-role", ofInstance},

	{"AK", setting{config: one(`"mode":"AK",` + stored("config"))}, theProfile, ofConfig},
	{"StsToken", setting{config: one(`"mode":"StsToken",` + session("config-session", 0))}, theProfile, ofConfig},
	{"no mode, with keys", setting{config: one(stored("config"))}, theProfile, ofConfig},
	{"an empty mode, with a session", setting{config: one(`"mode":"",` + session("config-session", 0))}, theProfile, ofConfig},
	{"RamRoleArn", setting{config: one(`"mode":"RamRoleArn",` + stored("config") + "," + aRole(ofConfig))}, theProfile, ofConfig},
	{"RamRoleArn over a session", setting{config: one(`"mode":"RamRoleArn",` + session("config-session", 0) + "," + aRole(ofConfig))}, theProfile, ofConfig},
	{"RamRoleArn with an STS region", setting{config: one(`"mode":"RamRoleArn","sts_region":"cn-shanghai",` + stored("config") + "," + aRole(ofConfig))}, theProfile, ofConfig},
	{"RamRoleArnWithRoleName", setting{config: one(`"mode":"RamRoleArnWithRoleName","ram_role_name":"the-role",` + aRole(ofInstance))}, theProfile, ofInstance},
	{"EcsRamRole", setting{config: one(`"mode":"EcsRamRole","ram_role_name":"other-role"`)}, theProfile, ofInstance},
	{"External", process(`{"mode":"AK",` + stored("process") + `}`), theProfile, ofProcess},
	{"External with a session", process(`{"mode":"StsToken",` + session("process-session", later) + `}`), theProfile, ofProcess},
	{"CredentialsURI", setting{config: one(`"mode":"CredentialsURI","credentials_uri":"` + theURI + `"`)}, theProfile, ofURI},
	{"a chain over keys", setting{config: chain(ofConfig, `"mode":"AK",`+stored("config"))}, theProfile, ofConfig},
	{"a chain over a URI", setting{config: chain(ofURI, `"mode":"CredentialsURI","credentials_uri":"`+theURI+`"`)}, theProfile, ofURI},
	{"OIDC", setting{config: one(`"mode":"OIDC","oidc_provider_arn":"acs:oidc","oidc_token_file":"HOME/token",` + aRole(ofOIDC)), files: set("token", "oidc-"+canary)}, theProfile, ofOIDC},
	{"CloudSSO", setting{config: cloudSSO("signin-x.alibabacloudsso.com", later)}, theProfile, ofCloudSSO},
	{"CloudSSO with a session, its host away", setting{config: cloudSSO("away.alibabacloudsso.com", earlier, session("sso-cached", later))}, theProfile, ofCloudSSO},
	{"OAuth", setting{config: oauth("CN", later, session("oauth-cached", earlier))}, theProfile, ofOAuth},
	{"OAuth with a session, its host away", setting{config: oauth("INTL", earlier, session("oauth-cached", later))}, theProfile, ofOAuth},

	{"the shared file", setting{ini: anINI}, "profile default of ~/.alibabacloud/credentials", ofINI},
	{"a section by name", setting{config: one(`"mode":"AK",` + stored("config")), ini: strings.Replace(anINI, "default", "x", 1), profile: "x"}, "profile x of ~/.alibabacloud/credentials", ofINI},
}

const (
	signIn    = "sign in again: aliyun configure --profile p"
	oauthIn   = signIn + " --mode OAuth --oauth-site-type CN"
	makeOne   = "name one with --profile, or make one current: aliyun configure switch --profile NAME"
	noNetwork = "check the network, --network, --endpoint and the proxy settings"
	noKeys    = "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, name a --profile of ~/.aliyun/config.json, or rehearse with --simulate FILE"
)

// A refusedPlace is one that is configured and cannot be used.
type refusedPlace struct {
	name     string
	setting  setting
	reason   string
	hint     string
	account  string // whose keys STS refuses
	instance bool   // metadata is asked for
	away     bool   // it is out of reach for now
}

// refusedPlaces are refused with their reason, and the instance's role, which
// this world would give, is not taken for them.
var refusedPlaces = []refusedPlace{
	{name: "a secret without an id", setting: setting{env: set("ALICLOUD_ACCESS_KEY_SECRET", canary)}, reason: "the environment (ALICLOUD_ACCESS_KEY_ID): ALICLOUD_ACCESS_KEY_ID is not set, though ALICLOUD_ACCESS_KEY_SECRET is"},
	{name: "an id that ends with a newline", setting: setting{env: set(official+"ACCESS_KEY_ID", "env-id\n", official+"ACCESS_KEY_SECRET", canary)}, reason: "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID): ALIBABA_CLOUD_ACCESS_KEY_ID ends with a newline", hint: "remove that character"},
	{name: "a stored secret with a blank", setting: setting{config: one(`"mode":"AK","access_key_id":"config-id","access_key_secret":"` + canary + ` "`)}, reason: theProfile + ": access_key_secret ends with a blank", hint: "remove that character"},
	{name: "an OIDC token that is wrong", setting: setting{env: oidcVariables, files: set("token", "other-"+canary)}, reason: "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE): STS refused AssumeRoleWithOIDC for acs:ram::1000000000000006:role/r: AuthenticationFail.OIDCToken.Invalid (request r)"},
	{name: "an OIDC token that is gone", setting: setting{env: oidcVariables, config: one(`"mode":"AK",` + stored("config"))}, reason: "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE): the OIDC token's file ~/token: no such file"},
	{name: "keys of another tool", setting: setting{env: set("ALICLOUD_ACCESS_KEY", "x")}, reason: "the environment (ALICLOUD_ACCESS_KEY): ALICLOUD_ACCESS_KEY is set, which is not used here", hint: "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or unset it to use the instance's role"},
	{name: "a profile that is not there", setting: setting{env: variables(official, "env"), config: one(`"mode":"AK",` + stored("config")), profile: "gone"}, reason: `no usable credentials for profile "gone": ~/.aliyun/config.json: no such profile; ~/.alibabacloud/credentials: no such file`, hint: noKeys},
	{name: "nothing, and no metadata", setting: setting{env: set(official+"ECS_METADATA_DISABLED", "true")}, reason: "no credentials found: environment: not set; OIDC: not set; ~/.aliyun/config.json: no such file; ~/.alibabacloud/credentials: no such file; credentials URI: not set; instance metadata: disabled by the environment", hint: noKeys},

	{name: "broken JSON", setting: setting{config: `{"profiles":[{"access_key_secret":"` + canary, ini: anINI}, reason: "~/.aliyun/config.json: not valid JSON"},
	{name: "a current that names nothing", setting: setting{config: strings.Replace(one(`"mode":"AK",`+stored("config")), `"current":"p"`, `"current":"gone"`, 1), ini: anINI}, reason: "~/.aliyun/config.json: its current profile gone does not exist", hint: makeOne},
	{name: "a mode without anything", setting: setting{config: one(`"mode":""`)}, reason: theProfile + ": it has neither a mode nor keys", hint: "aliyun configure --profile p"},
	{name: "a mode nobody knows", setting: setting{config: one(`"mode":"Odd",` + stored("config"))}, reason: theProfile + ": its mode Odd is not known"},
	{name: "RsaKeyPair", setting: setting{config: strings.Replace(one(`"mode":"AK",`+stored("config")), `"current":"p"`, `"current":"other"`, 1)}, reason: "profile other of ~/.aliyun/config.json: its mode RsaKeyPair is not supported", hint: "use a profile of another mode"},
	{name: "BearerToken", setting: setting{config: one(`"mode":"BearerToken","bearer_token":"` + canary + `"`)}, reason: theProfile + ": its mode BearerToken is not supported", hint: "use a profile of another mode"},
	{name: "Anonymous", setting: setting{config: one(`"mode":"Anonymous"`)}, reason: theProfile + ": its mode Anonymous is not supported", hint: "use a profile of another mode"},
	{name: "a named profile that cannot be used", setting: setting{env: variables(official, "env"), config: one(`"mode":"AK"`), profile: "p"}, reason: theProfile + ": access_key_id is empty"},
	{name: "StsToken without a token", setting: setting{config: one(`"mode":"StsToken",` + stored("config"))}, reason: theProfile + ": sts_token is empty"},
	{name: "RamRoleArn of another account", setting: setting{config: one(`"mode":"RamRoleArn",` + stored("config") + "," + aRole(ofURI))}, reason: theProfile + ": STS refused AssumeRole for acs:ram::1000000000000005:role/r: EntityNotExist.Role (request ID)", account: ofConfig},
	{name: "RamRoleArn over a session that is over", setting: setting{config: one(`"mode":"RamRoleArn",` + session("config-over", 0) + "," + aRole(ofConfig))}, reason: theProfile + ": STS refused AssumeRole for acs:ram::1000000000000002:role/r: InvalidSecurityToken.Expired (request ID)", hint: "the session has expired: sign in again", account: ofConfig},
	{name: "RamRoleArn without a role", setting: setting{config: one(`"mode":"RamRoleArn",` + stored("config"))}, reason: theProfile + ": ram_role_arn is empty"},
	{name: "RamRoleArnWithRoleName of a role that is not there", setting: setting{config: one(`"mode":"RamRoleArnWithRoleName","ram_role_name":"gone",` + aRole(ofInstance))}, reason: theProfile + ": no role gone is attached to this instance", instance: true},
	{name: "EcsRamRole of a role that is not there", setting: setting{config: one(`"mode":"EcsRamRole","ram_role_name":"gone"`)}, reason: theProfile + ": no role gone is attached to this instance", instance: true},
	{name: "EcsRamRole without metadata", setting: setting{env: set(official+"ECS_METADATA_DISABLED", "true"), config: one(`"mode":"EcsRamRole"`)}, reason: theProfile + ": the instance's metadata is disabled by the environment (ALIBABA_CLOUD_ECS_METADATA_DISABLED)"},
	{name: "External that prints a line first", setting: process("line-" + canary + "\n{" + stored("process") + "}"), reason: theProfile + ": the output of its process is not the JSON of a profile", hint: "run its process_command to see what it prints"},
	{name: "External that is not there", setting: setting{config: one(`"mode":"External","process_command":"/nowhere/` + canary + `"`)}, reason: theProfile + ": its process_command cannot be started: no such file or directory"},
	{name: "External that is switched off", setting: setting{env: set(official+"DISABLE_EXTERNAL_PROCESS", "true"), config: process("{" + stored("process") + "}").config, files: process("{" + stored("process") + "}").files}, reason: theProfile + ": process_command is disabled by the environment (ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS)"},
	{name: "CredentialsURI without one", setting: setting{config: one(`"mode":"CredentialsURI"`)}, reason: theProfile + ": credentials_uri is empty"},
	{name: "CredentialsURI that gives nothing", setting: setting{config: one(`"mode":"CredentialsURI","credentials_uri":"http://uri.example/gone?` + canary + `"`)}, reason: theProfile + ": uri.example: HTTP status 404"},
	{name: "CredentialsURI that is away", setting: setting{config: one(`"mode":"CredentialsURI","credentials_uri":"http://silent.example/uri?` + canary + `"`)}, reason: theProfile + ": silent.example: dial tcp 10.9.0.2:80: connect: connection refused", hint: noNetwork, away: true},
	{name: "a chain over what cannot be used", setting: setting{config: chain(ofConfig, `"mode":"Anonymous"`)}, reason: theProfile + ": its source profile q: its mode Anonymous is not supported", hint: "use a profile of another mode"},
	{name: "a chain over itself", setting: setting{config: chain(ofConfig, `"mode":"ChainableRamRoleArn","source_profile":"p",`+aRole(ofConfig))}, reason: theProfile + ": its source profile q: its source profiles form a cycle"},
	{name: "CloudSSO that is over", setting: setting{config: cloudSSO("signin-x.alibabacloudsso.com", earlier, session("sso-cached", earlier))}, reason: theProfile + ": the CloudSSO sign-in has expired", hint: signIn},
	{name: "CloudSSO whose token was withdrawn", setting: setting{config: strings.Replace(cloudSSO("signin-x.alibabacloudsso.com", later), "access-"+canary, "old-"+canary, 1)}, reason: theProfile + ": signin-x.alibabacloudsso.com refused the CloudSSO sign-in: HTTP status 401", hint: signIn},
	{name: "CloudSSO without a session, its host away", setting: setting{config: cloudSSO("away.alibabacloudsso.com", later)}, reason: theProfile + ": away.alibabacloudsso.com: dial tcp 10.9.0.2:443: connect: connection refused", hint: noNetwork, away: true},
	{name: "OAuth that would have to be refreshed", setting: setting{config: oauth("CN", earlier, session("oauth-cached", earlier))}, reason: theProfile + ": the OAuth sign-in has expired", hint: oauthIn},
	{name: "a shared file without the default", setting: setting{ini: strings.Replace(anINI, "default", "x", 1)}, reason: "~/.alibabacloud/credentials: it has no section default", hint: "name one with --profile"},
	{name: "a section without a secret", setting: setting{ini: "[default]\ntype=access_key\naccess_key_id=ini-id\n"}, reason: "profile default of ~/.alibabacloud/credentials: access_key_secret is empty"},
}
