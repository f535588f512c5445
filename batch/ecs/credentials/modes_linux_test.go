package credentials

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
)

// identify finds a source and asks the world whose its keys are.
func identify(ctx context.Context, o Options) (source, account string, err error) {
	s, err := Find(ctx, o)
	if err != nil {
		return "", "", err
	}
	if text := fmt.Sprintf("%v %+v %#v %q", s, s, s, s); strings.Contains(text, hush) {
		return "", "", errors.New("the source shows a secret")
	}
	client := ecs.NewClient("cn-hangzhou", ecs.Config{Credentials: s, HTTP: o.HTTP, Endpoint: o.Endpoint})
	who, err := client.CallerIdentity(ctx)
	return s.String(), who.AccountID, err
}

// one is a config.json with one profile, the current one, named p.
func one(fields string) string { return `{"current":"p","profiles":[{"name":"p",` + fields + `}]}` }

const (
	configKeys = `"access_key_id":"config-id","access_key_secret":"config-hush"`
	aConfig    = `{"current":"main","profiles":[{"name":"main","mode":"AK",` + configKeys + `}]}`
	anINI      = "[default]\ntype = access_key\naccess_key_id = ini-id\naccess_key_secret = ini-hush\n"
	aRole      = `"ram_role_arn":"acs:ram::` + ofConfig + `:role/r","ram_session_name":"nightly"`
	theProfile = "profile p of ~/.aliyun/config.json"
)

var (
	later   = fmt.Sprint(time.Now().Add(time.Hour).Unix())
	earlier = fmt.Sprint(time.Now().Add(-time.Hour).Unix())
)

func variables(pairs ...string) map[string]string {
	env := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return env
}

func sso(fields ...string) string {
	return one(strings.Join(append([]string{
		`"mode":"CloudSSO"`, `"cloud_sso_sign_in_url":"WORLD/start"`,
		`"cloud_sso_account_id":"` + ofCloudSSO + `"`, `"cloud_sso_access_config":"ac"`,
	}, fields...), ","))
}

func ssoToken(expires string) string {
	return `"access_token":"access-hush","cloud_sso_access_token_expire":` + expires
}

func stored(name, expires string) string {
	k := sessionOf(name)
	return fmt.Sprintf(`"access_key_id":%q,"access_key_secret":%q,"sts_token":%q,"sts_expiration":%s`, k.AccessKeyID, k.Secret, k.SecurityToken, expires)
}

func oauth(fields ...string) string {
	return one(strings.Join(append([]string{`"mode":"OAuth"`, `"oauth_site_type":"CN"`, `"oauth_refresh_token":"refresh-hush"`}, fields...), ","))
}

func oauthToken(expires string) string {
	return `"oauth_access_token":"access-hush","oauth_access_token_expire":` + expires
}

// process is a config.json whose process prints a text.
func process(output string) setting {
	return setting{config: one(`"mode":"External","process_command":"/bin/cat HOME/output"`), files: map[string]string{"output": output}}
}

const processKeys = `"access_key_id":"process-id","access_key_secret":"process-hush"`

func oidcVariables() map[string]string {
	return variables("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::"+ofOIDC+":role/r", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:oidc",
		"ALIBABA_CLOUD_OIDC_TOKEN_FILE", "HOME/token")
}

var oidcFile = map[string]string{"token": "oidc-token-hush\n"}

// Every mode, and every place, gives the account that it belongs to.
func TestModes(t *testing.T) {
	with := func(s setting, profile string) setting { s.profile = profile; return s }
	for _, tt := range []struct {
		name    string
		setting setting
		source  string
		account string
	}{
		{"keys of the environment", setting{env: variables("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-hush")}, "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)", ofEnvironment},
		{"a session of the environment", setting{env: variables("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-session-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-session-hush", "ALIBABA_CLOUD_SECURITY_TOKEN", "env-session-token-hush")}, "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)", ofEnvironment},
		{"the tool's other names", setting{env: variables("ALICLOUD_ACCESS_KEY_ID", "env-id", "ALICLOUD_ACCESS_KEY_SECRET", "env-hush")}, "the environment (ALICLOUD_ACCESS_KEY_ID)", ofEnvironment},
		{"the tool's third names", setting{env: variables("ALIBABACLOUD_ACCESS_KEY_ID", "env-id", "ALIBABACLOUD_ACCESS_KEY_SECRET", "env-hush")}, "the environment (ALIBABACLOUD_ACCESS_KEY_ID)", ofEnvironment},
		{"keys of two families are not mixed", setting{env: variables("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-hush", "ALICLOUD_SECURITY_TOKEN", "stale-hush")}, "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)", ofEnvironment},
		{"the environment comes before a broken file", setting{env: variables("ALICLOUD_ACCESS_KEY_ID", "env-id", "ALICLOUD_ACCESS_KEY_SECRET", "env-hush"), config: "{"}, "the environment (ALICLOUD_ACCESS_KEY_ID)", ofEnvironment},
		{"a named profile comes before the environment", with(setting{env: variables("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-hush"), config: one(`"mode":"AK",` + configKeys)}, "p"), theProfile, ofConfig},
		{"an OIDC role of the environment", setting{env: oidcVariables(), files: oidcFile}, "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE)", ofOIDC},
		{"OIDC comes before the file", setting{env: oidcVariables(), files: oidcFile, config: aConfig}, "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE)", ofOIDC},
		{"a URI of the environment", setting{env: variables("ALIBABA_CLOUD_CREDENTIALS_URI", "WORLD/uri?key=hush")}, "the environment (ALIBABA_CLOUD_CREDENTIALS_URI)", ofURI},
		{"the file comes before a URI", setting{env: variables("ALIBABA_CLOUD_CREDENTIALS_URI", "WORLD/uri"), config: aConfig}, "profile main of ~/.aliyun/config.json", ofConfig},
		{"the instance's role", setting{}, "the instance's role the-role", ofInstance},
		{"the instance's role by name", setting{env: variables("ALIBABA_CLOUD_ECS_METADATA", "other-role")}, "the instance's role other-role", ofInstance},
		{"files without profiles configure nothing", setting{config: "{}", ini: "# nothing\n"}, "the instance's role the-role", ofInstance},

		{"AK", setting{config: one(`"mode":"AK",` + configKeys)}, theProfile, ofConfig},
		{"AK in another case", setting{config: one(`"mode":"ak",` + configKeys)}, theProfile, ofConfig},
		{"StsToken", setting{config: one(`"mode":"StsToken",` + stored("config-session", "0"))}, theProfile, ofConfig},
		{"no mode, with keys", setting{config: one(configKeys)}, theProfile, ofConfig},
		{"an empty mode, with a session", setting{config: one(`"mode":"",` + stored("config-session", "0"))}, theProfile, ofConfig},
		{"an empty mode, with a role", setting{config: one(`"mode":"",` + configKeys + "," + aRole)}, theProfile, ofConfig},
		{"RamRoleArn", setting{config: one(`"mode":"RamRoleArn",` + configKeys + "," + aRole)}, theProfile, ofConfig},
		{"RamRoleArn over a session", setting{config: one(`"mode":"RamRoleArn",` + stored("config-session", "0") + "," + aRole)}, theProfile, ofConfig},
		{"EcsRamRole", setting{config: one(`"mode":"EcsRamRole","ram_role_name":"other-role"`)}, theProfile, ofInstance},
		{"EcsRamRole without a name", setting{config: one(`"mode":"EcsRamRole"`)}, theProfile, ofInstance},
		{"RamRoleArnWithRoleName", setting{config: one(`"mode":"RamRoleArnWithRoleName","ram_role_name":"the-role","ram_role_arn":"acs:ram::` + ofInstance + `:role/r"`)}, theProfile, ofInstance},
		{"External", process(`{"mode":"AK",` + processKeys + `}`), theProfile, ofProcess},
		{"External with a session", process(`{"mode":"StsToken",` + stored("process-session", "0") + `,"expiration":"2099-01-01T00:00:00Z"}`), theProfile, ofProcess},
		{"External without a mode", process(`{` + processKeys + `}`), theProfile, ofProcess},
		{"External that names a role", process(`{"mode":"RamRoleArn","ram_role_arn":"acs:ram::` + ofProcess + `:role/r",` + processKeys + `}`), theProfile, ofProcess},
		{"CredentialsURI", setting{config: one(`"mode":"CredentialsURI","credentials_uri":"WORLD/uri"`)}, theProfile, ofURI},
		{"OIDC", setting{config: one(`"mode":"OIDC","oidc_provider_arn":"acs:oidc","oidc_token_file":"HOME/token","ram_role_arn":"acs:ram::` + ofOIDC + `:role/r"`), files: oidcFile}, theProfile, ofOIDC},
		{"CloudSSO", setting{config: sso(ssoToken(later))}, theProfile, ofCloudSSO},
		{"CloudSSO with a session that lasts", setting{config: sso(ssoToken(later), stored("sso-cached", later))}, theProfile, ofCloudSSO},
		{"CloudSSO with a session that lasts longer than its sign-in", setting{config: sso(ssoToken(earlier), stored("sso-cached", later))}, theProfile, ofCloudSSO},
		{"CloudSSO with a session that is over", setting{config: sso(ssoToken(later), stored("sso-cached", earlier))}, theProfile, ofCloudSSO},
		{"OAuth", setting{config: oauth(oauthToken(later))}, theProfile, ofOAuth},
		{"OAuth with a session that lasts", setting{config: oauth(oauthToken(earlier), stored("oauth-cached", later))}, theProfile, ofOAuth},
		{"a chain over keys", setting{config: chain(`"mode":"AK",` + configKeys)}, theProfile, ofConfig},
		{"a chain over a URI", setting{config: strings.Replace(chain(`"mode":"CredentialsURI","credentials_uri":"WORLD/uri"`), ofConfig, ofURI, 1)}, theProfile, ofURI},
		{"a chain over CloudSSO", setting{config: strings.Replace(chain(strings.TrimSuffix(strings.TrimPrefix(sso(ssoToken(later)), `{"current":"p","profiles":[{"name":"p",`), `}]}`)), ofConfig, ofCloudSSO, 1)}, theProfile, ofCloudSSO},
		{"a chain over a process", setting{config: strings.Replace(chain(`"mode":"External","process_command":"/bin/cat 'HOME/output'"`), ofConfig, ofProcess, 1), files: map[string]string{"output": `{"mode":"AK",` + processKeys + `}`}}, theProfile, ofProcess},

		{"the shared file", setting{ini: anINI}, "profile default of ~/.alibabacloud/credentials", ofINI},
		{"the shared file's other name", setting{files: map[string]string{".alibabacloud/credentials.ini": anINI}}, "profile default of ~/.alibabacloud/credentials.ini", ofINI},
		{"the tool's file comes before the shared file", setting{config: aConfig, ini: anINI}, "profile main of ~/.aliyun/config.json", ofConfig},
		{"a section by name", with(setting{config: aConfig, ini: "[x]\ntype=access_key\naccess_key_id=ini-id\naccess_key_secret=ini-hush\n"}, "x"), "profile x of ~/.alibabacloud/credentials", ofINI},
		{"a session in the shared file", setting{ini: "[default]\ntype: sts\naccess_key_id: ini-session-id\naccess_key_secret: ini-session-hush\nsecurity_token: ini-session-token-hush\n"}, "profile default of ~/.alibabacloud/credentials", ofINI},
		{"a section beside an odd one", setting{ini: anINI + "[x]\naccess_key_secret = 'hush'\n"}, "profile default of ~/.alibabacloud/credentials", ofINI},
		{"a role in the shared file", setting{ini: strings.Replace(anINI, "access_key\n", "ram_role_arn\nrole_arn = acs:ram::"+ofINI+":role/r\nrole_session_name = nightly\n", 1)}, "profile default of ~/.alibabacloud/credentials", ofINI},
		{"a profile that the environment names", setting{env: variables("ALIBABA_CLOUD_PROFILE", "x"), config: strings.Replace(aConfig, `"name":"main"`, `"name":"x"`, 1)}, "profile x of ~/.aliyun/config.json", ofConfig},
		{"the tool's file is switched off", setting{env: variables("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE"), config: aConfig, ini: anINI}, "profile default of ~/.alibabacloud/credentials", ofINI},
		{"files elsewhere", setting{env: variables("ALIBABA_CLOUD_CONFIG_FILE", "HOME/c"), files: map[string]string{"c": aConfig}}, "profile main of ~/c", ofConfig},
		{"a profile with a blank in its name", with(setting{config: `{"profiles":[{"name":"a b","mode":"AK",` + configKeys + `}]}`}, "a b"), `profile "a b" of ~/.aliyun/config.json`, ofConfig},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			o := tt.setting.options(t, w)
			before := contents(t, o.Home)
			var source, account string
			var err error
			if written := streams(t, func() { source, account, err = identify(t.Context(), o) }); written != "" {
				t.Errorf("something was written: %s", written)
			}
			if err != nil || source != tt.source || account != tt.account {
				t.Errorf("%s, account %s, %v; want %s, account %s", source, account, err, tt.source, tt.account)
			}
			if diff := cmp.Diff(before, contents(t, o.Home)); diff != "" {
				t.Errorf("the home folder has changed\n%s", diff)
			}
			if w.count("/v1/token") > 0 {
				t.Error("a refresh token was spent")
			}
		})
	}
}

// chain is a config.json with a role over another profile.
func chain(source string) string {
	return `{"current":"p","profiles":[{"name":"p","mode":"ChainableRamRoleArn","source_profile":"q",` + aRole + `},{"name":"q",` + source + `}]}`
}
