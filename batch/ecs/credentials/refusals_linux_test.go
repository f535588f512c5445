package credentials

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
)

// What is configured and cannot be used is refused with its reason and the way
// out. The instance's role, which this world would give, is never taken for it.
func TestRefusals(t *testing.T) {
	const (
		config  = "~/.aliyun/config.json"
		signIn  = "sign in again: aliyun configure --profile p"
		oauthIn = signIn + " --mode OAuth --oauth-site-type CN"
	)
	named := func(s setting, profile string) setting { s.profile = profile; return s }
	for _, tt := range []struct {
		name    string
		setting setting
		down    string // what is out of order
		want    string
		advice  string
	}{
		{"an id without a secret", setting{env: variables("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id"), config: aConfig}, "", "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID): ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set, though ALIBABA_CLOUD_ACCESS_KEY_ID is", ""},
		{"a secret without an id", setting{env: variables("ALICLOUD_ACCESS_KEY_SECRET", hush), config: aConfig}, "", "the environment (ALICLOUD_ACCESS_KEY_ID): ALICLOUD_ACCESS_KEY_ID is not set, though ALICLOUD_ACCESS_KEY_SECRET is", ""},
		{"a token without keys", setting{env: variables("ALIBABA_CLOUD_SECURITY_TOKEN", hush), config: aConfig}, "", "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID): ALIBABA_CLOUD_ACCESS_KEY_ID is not set, though ALIBABA_CLOUD_SECURITY_TOKEN is", ""},
		{"an id that ends with a newline", setting{env: variables("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id\n", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-hush")}, "", "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID): ALIBABA_CLOUD_ACCESS_KEY_ID ends with a newline", "remove that character"},
		{"a secret that begins with a blank", setting{env: variables("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", " env-hush")}, "", "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID): ALIBABA_CLOUD_ACCESS_KEY_SECRET begins with a blank", "remove that character"},
		{"a token with a control character", setting{env: variables("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-hush", "ALIBABA_CLOUD_SECURITY_TOKEN", "hu\x1bsh")}, "", "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID): ALIBABA_CLOUD_SECURITY_TOKEN contains a control character", "remove that character"},
		{"a stored id with a blank that is none", setting{config: one(`"mode":"AK","access_key_id":"\u00a0config-id","access_key_secret":"hush"`)}, "", theProfile + ": access_key_id begins with a character outside ASCII", "remove that character"},
		{"an OIDC token without a role", setting{env: variables("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "HOME/token", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "x"), config: aConfig}, "", "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE): ALIBABA_CLOUD_ROLE_ARN is not set, though an OIDC token is", ""},
		{"an OIDC provider without a token", setting{env: variables("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "x"), config: aConfig}, "", "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE): ALIBABA_CLOUD_OIDC_TOKEN_FILE is not set, though ALIBABA_CLOUD_OIDC_PROVIDER_ARN is", ""},
		{"an OIDC token's file that is gone", setting{env: oidcVariables()}, "", "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE): the OIDC token's file ~/token: no such file", ""},
		{"an OIDC token that is wrong", setting{env: oidcVariables(), files: map[string]string{"token": "other-hush"}}, "", "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE): STS refused AssumeRoleWithOIDC for acs:ram::1000000000000006:role/r: AuthenticationFail.OIDCToken.Invalid (request r)", ""},
		{"an OIDC token with a line inside", setting{env: oidcVariables(), files: map[string]string{"token": "hush\nhush"}}, "", "the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE): the OIDC token contains a newline", ""},
		{"two profiles in the environment", setting{env: variables("ALIBABA_CLOUD_PROFILE", "main", "ALICLOUD_PROFILE", "x"), config: aConfig}, "", "the environment: ALIBABA_CLOUD_PROFILE and ALICLOUD_PROFILE name different profiles", "unset one, or use --profile"},
		{"keys of another tool", setting{env: variables("ALICLOUD_ACCESS_KEY", "x")}, "", "the environment (ALICLOUD_ACCESS_KEY): ALICLOUD_ACCESS_KEY is set, which is not used here", "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or unset it to use the instance's role"},
		{"a URI that is none", setting{env: variables("ALIBABA_CLOUD_CREDENTIALS_URI", "hush")}, "", "the environment (ALIBABA_CLOUD_CREDENTIALS_URI): ALIBABA_CLOUD_CREDENTIALS_URI is not an http or https URL", ""},
		{"a URI that fails", setting{env: variables("ALIBABA_CLOUD_CREDENTIALS_URI", "WORLD/uri?hush")}, "/uri", "the environment (ALIBABA_CLOUD_CREDENTIALS_URI): HOST: HTTP status 500", ""},
		{"a URI that is switched off", setting{env: variables("ALIBABA_CLOUD_CREDENTIALS_URI", "WORLD/uri", externalSwitch, "true")}, "", "the environment (ALIBABA_CLOUD_CREDENTIALS_URI): ALIBABA_CLOUD_CREDENTIALS_URI is disabled by the environment (ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS)", ""},

		{"broken JSON", setting{config: `{"profiles":[{"access_key_secret":"hush"`, ini: anINI}, "", config + ": not valid JSON", ""},
		{"broken JSON, a profile named", named(setting{config: `{hush`, ini: anINI}, "default"), "", "profile default of " + config + ": not valid JSON", ""},
		{"an empty file", setting{config: "\n"}, "", config + ": not valid JSON", ""},
		{"a value of the wrong type", setting{config: one(`"mode":"AK","expired_seconds":"hush",` + configKeys)}, "", config + ": profiles.expired_seconds has a value of the wrong type", ""},
		{"a current that names nothing", setting{config: strings.Replace(aConfig, `"current":"main"`, `"current":"gone"`, 1), ini: anINI}, "", config + ": its current profile gone does not exist", "name one with --profile, or make one current: aliyun configure switch --profile NAME"},
		{"no current profile", setting{config: strings.Replace(aConfig, `"current":"main",`, "", 1)}, "", config + ": its current profile default does not exist", "name one with --profile, or make one current: aliyun configure switch --profile NAME"},
		{"an empty current", setting{config: strings.Replace(aConfig, `"current":"main"`, `"current":""`, 1)}, "", config + `: its current profile "" does not exist`, "name one with --profile, or make one current: aliyun configure switch --profile NAME"},
		{"a mode without anything", setting{config: one(`"mode":""`)}, "", theProfile + ": it has neither a mode nor keys", "aliyun configure --profile p"},
		{"a mode nobody knows", setting{config: one(`"mode":"Odd",` + configKeys)}, "", theProfile + ": its mode Odd is not known", ""},
		{"RsaKeyPair", setting{config: one(`"mode":"RsaKeyPair","private_key":"hush","key_pair_name":"k"`)}, "", theProfile + ": its mode RsaKeyPair is not supported", "use a profile of another mode"},
		{"a key pair without a mode", setting{config: one(`"private_key":"hush","key_pair_name":"k"`)}, "", theProfile + ": its mode RsaKeyPair is not supported", "use a profile of another mode"},
		{"BearerToken", setting{config: one(`"mode":"BearerToken","bearer_token":"hush"`)}, "", theProfile + ": its mode BearerToken is not supported", "use a profile of another mode"},
		{"Anonymous", setting{config: one(`"mode":"Anonymous"`)}, "", theProfile + ": its mode Anonymous is not supported", "use a profile of another mode"},
		{"AK without a secret", setting{env: variables("ALIBABA_CLOUD_PROFILE", "p"), config: one(`"mode":"AK","access_key_id":"config-id"`)}, "", theProfile + ": access_key_secret is empty", ""},
		{"AK without an id", setting{config: one(`"mode":"AK","access_key_secret":"hush"`)}, "", theProfile + ": access_key_id is empty", ""},
		{"StsToken without a token", setting{config: one(`"mode":"StsToken",` + configKeys)}, "", theProfile + ": sts_token is empty", ""},
		{"a role without an ARN", setting{env: variables("ALIBABA_CLOUD_PROFILE", "p", "ALIBABA_CLOUD_ROLE_ARN", "acs:x"), config: one(`"mode":"RamRoleArn",` + configKeys)}, "", theProfile + ": ram_role_arn is empty", ""},
		{"a role for a minute", setting{config: one(`"mode":"RamRoleArn","expired_seconds":60,` + configKeys + "," + aRole)}, "", theProfile + ": expired_seconds is 60, must be from 900 to 43200", ""},
		{"a role of another account", setting{config: one(`"mode":"RamRoleArn","ram_role_arn":"acs:ram::1:role/r",` + configKeys)}, "", theProfile + ": STS refused AssumeRole for acs:ram::1:role/r: EntityNotExist.Role (request ID)", ""},
		{"a role with a wrong secret", setting{config: one(`"mode":"RamRoleArn","access_key_id":"config-id","access_key_secret":"wrong-hush",` + aRole)}, "", theProfile + ": STS refused AssumeRole for acs:ram::1000000000000002:role/r: SignatureDoesNotMatch (request ID)", "the access key's secret is wrong"},
		{"a role while STS is out of order", setting{config: one(`"mode":"RamRoleArn",` + configKeys + "," + aRole)}, "AssumeRole", theProfile + ": HOST: HTTP status 500, and the answer is not that of STS", ""},
		{"a chain without a source", setting{config: one(`"mode":"ChainableRamRoleArn",` + aRole)}, "", theProfile + ": source_profile is empty", ""},
		{"a chain over nothing", setting{config: one(`"mode":"ChainableRamRoleArn","source_profile":"gone",` + aRole)}, "", theProfile + ": its source profile gone does not exist", ""},
		{"a chain over itself", setting{config: chain(`"mode":"ChainableRamRoleArn","source_profile":"p",` + aRole)}, "", theProfile + ": its source profile q: its source profiles form a cycle", ""},
		{"a chain over what cannot be used", setting{config: chain(`"mode":"Anonymous"`)}, "", theProfile + ": its source profile q: its mode Anonymous is not supported", "use a profile of another mode"},
		{"EcsRamRole where metadata is disabled", setting{env: variables(metadataSwitch, "true"), config: one(`"mode":"EcsRamRole"`)}, "", theProfile + ": the instance's metadata is disabled by the environment (ALIBABA_CLOUD_ECS_METADATA_DISABLED)", ""},
		{"EcsRamRole of a role that is not there", setting{config: one(`"mode":"EcsRamRole","ram_role_name":"gone"`)}, "", theProfile + ": no role gone is attached to this instance", ""},
		{"EcsRamRole whose name climbs", setting{config: one(`"mode":"EcsRamRole","ram_role_name":"../../../../uri"`)}, "", theProfile + ": ../../../../uri is not the name of a role", ""},
		{"EcsRamRole whose name is a folder's", setting{config: one(`"mode":"EcsRamRole","ram_role_name":".."`)}, "", theProfile + ": .. is not the name of a role", ""},
		{"metadata without a token, where only those count", setting{env: variables("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")}, "/latest/api/token", "instance metadata: HOST: it gave no token, and version 1 is disabled by the environment (ALIBABA_CLOUD_IMDSV1_DISABLED)", ""},
		{"metadata out of order", setting{}, metadataPath + "the-role", "instance metadata: HOST: HTTP status 500", ""},
		{"CredentialsURI without one", setting{env: variables("ALIBABA_CLOUD_CREDENTIALS_URI", "WORLD/uri"), config: one(`"mode":"CredentialsURI"`)}, "", theProfile + ": credentials_uri is empty", ""},
		{"OIDC without a file", setting{config: one(`"mode":"OIDC","oidc_provider_arn":"x",` + aRole)}, "", theProfile + ": oidc_token_file is empty", ""},
		{"OIDC without a provider", setting{config: one(`"mode":"OIDC","oidc_token_file":"x",` + aRole)}, "", theProfile + ": oidc_provider_arn is empty", ""},

		{"CloudSSO that is over", setting{config: sso(ssoToken(earlier), stored("sso-cached", earlier))}, "", theProfile + ": the CloudSSO sign-in has expired", signIn},
		{"CloudSSO that was never signed in", setting{config: sso()}, "", theProfile + ": the CloudSSO sign-in has expired", signIn},
		{"CloudSSO without an account", setting{config: one(`"mode":"CloudSSO","cloud_sso_sign_in_url":"WORLD"`)}, "", theProfile + ": cloud_sso_account_id is empty", "aliyun configure --profile p --mode CloudSSO"},
		{"CloudSSO whose token was withdrawn", setting{config: strings.Replace(sso(ssoToken(later)), "access-hush", "other-hush", 1)}, "", theProfile + ": HOST refused the CloudSSO sign-in: HTTP status 401", signIn},
		{"CloudSSO over plain http elsewhere", setting{config: strings.Replace(sso(ssoToken(later)), "WORLD/start", "http://sso.example/start", 1)}, "", theProfile + `: cloud_sso_sign_in_url: "http://sso.example": plain http is only for loopback; use https`, ""},
		{"CloudSSO while its host is away", setting{config: sso(ssoToken(later), stored("sso-cached", earlier))}, "/cloud-credentials", theProfile + ": HOST: HTTP status 500", ""},
		{"OAuth that would have to be refreshed", setting{config: oauth(oauthToken(earlier), stored("oauth-cached", earlier))}, "", theProfile + ": the OAuth sign-in has expired", oauthIn},
		{"OAuth of no site", setting{config: one(`"mode":"OAuth"`)}, "", theProfile + ": oauth_site_type must be CN or INTL", "aliyun configure --profile p --mode OAuth"},

		{"a process that prints a line first", process("the secret is hush\n{" + processKeys + "}"), "", theProfile + ": the output of its process is not the JSON of a profile", "run its process_command to see what it prints"},
		{"a process that gives no keys", process(`{"mode":"AK","access_key_id":"process-id"}`), "", theProfile + ": the output of its process: access_key_secret is empty", ""},
		{"a process that names a process", process(`{"mode":"External","process_command":"/bin/echo hush"}`), "", theProfile + ": the output of its process: mode External is not supported there", ""},
		{"a process with an expiration that is none", process(`{"expiration":"hush",` + processKeys + `}`), "", theProfile + ": the output of its process: expiration is not a time", ""},
		{"a process that fails", setting{config: one(`"mode":"External","process_command":"/bin/sh -c 'echo hush; echo hush >&2; exit 3'"`)}, "", theProfile + ": its process ended with exit status 3", "run its process_command to see why"},
		{"a process that is not there", setting{config: one(`"mode":"External","process_command":"/nowhere/hush-helper"`)}, "", theProfile + ": its process_command cannot be started: no such file or directory", ""},
		{"a process that is not in the path", setting{config: one(`"mode":"External","process_command":"no-such-hush-helper"`)}, "", theProfile + ": its process_command cannot be started: executable file not found in $PATH", ""},
		{"a process with a quote too many", setting{config: one(`"mode":"External","process_command":"/bin/echo 'hush"`)}, "", theProfile + ": process_command has a quote or a backslash without its end", ""},
		{"a process that is none", setting{config: one(`"mode":"External"`)}, "", theProfile + ": process_command is empty", ""},
		{"a process that prints without end", setting{config: one(`"mode":"External","process_command":"/usr/bin/yes hush"`)}, "", theProfile + ": its process printed more than 1048576 bytes", ""},
		{"a process that is switched off", setting{env: variables(externalSwitch, "1"), config: one(`"mode":"External","process_command":"/bin/touch HOME/ran"`)}, "", theProfile + ": process_command is disabled by the environment (ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS)", ""},

		{"a shared file without the default", setting{ini: "[x]\naccess_key_secret=hush\n"}, "", "~/.alibabacloud/credentials: it has no section default", "name one with --profile"},
		{"a shared file that is none", setting{ini: "hush hush hush\n"}, "", "~/.alibabacloud/credentials: a line is neither a section nor a key and its value", ""},
		{"a section without a secret", setting{ini: "[default]\ntype=access_key\naccess_key_id=ini-id\n"}, "", "profile default of ~/.alibabacloud/credentials: access_key_secret is empty", ""},
		{"a section with a quote", setting{ini: "[default]\ntype=access_key\naccess_key_id=ini-id\naccess_key_secret=\"ini-hush\"\n"}, "", "profile default of ~/.alibabacloud/credentials: access_key_secret has a quote, comment or escape, which the official tools read differently", "write the value alone on its line"},
		{"a section that is there twice", setting{ini: anINI + anINI}, "", "profile default of ~/.alibabacloud/credentials: the section is there twice", ""},
		{"a key that is there twice", setting{ini: anINI + "access_key_secret = other-hush\n"}, "", "profile default of ~/.alibabacloud/credentials: access_key_secret is there twice", ""},
		{"a section of a type nobody knows", setting{ini: "[default]\ntype=odd\n"}, "", "profile default of ~/.alibabacloud/credentials: its mode odd is not known", ""},
		{"a broken profile, and a section of its name", named(setting{config: one(`"mode":"AK"`), ini: strings.Replace(anINI, "default", "p", 1)}, "p"), "", theProfile + ": access_key_id is empty", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			w.down[tt.down] = true
			o := tt.setting.options(t, w)
			before := contents(t, o.Home)
			var err error
			if written := streams(t, func() { _, err = Find(t.Context(), o) }); written != "" {
				t.Errorf("something was written: %s", written)
			}
			refused, ok := errors.AsType[*UnusableError](err)
			if !ok {
				t.Fatalf("error = %v, want one of a source that cannot be used", err)
			}
			got := strings.ReplaceAll(err.Error(), strings.TrimPrefix(w.at.URL, "http://"), "HOST")
			if i := strings.Index(got, "(request "); i > 0 && !strings.HasSuffix(got, "(request r)") {
				got = got[:i] + "(request ID)"
			}
			if diff := cmp.Diff([]string{tt.want, tt.advice}, []string{got, refused.Advice}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if strings.Contains(err.Error()+refused.Advice, hush) {
				t.Errorf("the error shows a secret: %v", err)
			}
			if away := errors.Is(err, ecs.ErrUnreachable); away != strings.Contains(got, "HTTP status 500") {
				t.Errorf("out of reach: %v", away)
			}
			if ecs.Classify(err) != ecs.Unsent {
				t.Errorf("class = %v", ecs.Classify(err))
			}
			if diff := cmp.Diff(before, contents(t, o.Home)); diff != "" {
				t.Errorf("the home folder has changed\n%s", diff)
			}
			if tt.down == "" && (w.count("/latest/api/token") > 0) != strings.Contains(tt.name, "EcsRamRole of") {
				t.Error("the instance's role was asked for")
			}
			if w.count("/v1/token") > 0 {
				t.Error("a refresh token was spent")
			}
		})
	}
}

func TestNotFound(t *testing.T) {
	const none = "environment: not set; OIDC: not set; "
	off := variables(metadataSwitch, "true")
	for _, tt := range []struct {
		name    string
		setting setting
		home    bool
		want    string
	}{
		{"nothing anywhere", setting{env: off}, true, "no credentials found: " + none + "~/.aliyun/config.json: no such file; ~/.alibabacloud/credentials: no such file; credentials URI: not set; instance metadata: disabled by the environment"},
		{"no home", setting{env: off}, false, "no credentials found: " + none + "~/.aliyun/config.json: there is no home folder; ~/.alibabacloud/credentials: there is no home folder; credentials URI: not set; instance metadata: disabled by the environment"},
		{"nothing in the files", setting{env: off, config: `{"profiles":[]}`, ini: "\n"}, true, "no credentials found: " + none + "~/.aliyun/config.json: no profiles; ~/.alibabacloud/credentials: no sections; credentials URI: not set; instance metadata: disabled by the environment"},
		{"an unknown profile", setting{config: aConfig, ini: anINI, profile: "gone"}, true, `no usable credentials for profile "gone": ~/.aliyun/config.json: no such profile; ~/.alibabacloud/credentials: no such profile`},
		{"an unknown profile of the environment", setting{env: variables("ALIBABACLOUD_PROFILE", "gone"), config: aConfig}, true, `no usable credentials for profile "gone": ` + none + `~/.aliyun/config.json: no such profile; ~/.alibabacloud/credentials: no such file`},
		{"a profile of hostile name", setting{profile: "\x1b[31m\n"}, true, `no usable credentials for profile "\x1b[31m\n": ~/.aliyun/config.json: no such file; ~/.alibabacloud/credentials: no such file`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			o := tt.setting.options(t, w)
			if !tt.home {
				o.Home = ""
			}
			_, err := Find(t.Context(), o)
			if _, ok := errors.AsType[*NotFoundError](err); !ok {
				t.Fatalf("error = %v", err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(w.asked()) > 0 {
				t.Errorf("asked %v", w.asked())
			}
		})
	}
}

// Outside the cloud, and on an instance without a role, there is nothing.
func TestNoInstanceRole(t *testing.T) {
	for _, tt := range []struct {
		name, reason string
		answer       http.HandlerFunc
	}{
		{"no role", "no role is attached to this instance", http.NotFound},
		{"an empty list", "no role is attached to this instance", says("")},
		{"a page", "", says("<html>hush")},
		{"a cut connection", "HOST: not reachable", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"nobody", "HOST: dial tcp HOST: connect: connection refused", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			o := setting{}.options(t, w)
			if w.at.Config.Handler, w.at.Config.ErrorLog = tt.answer, quiet(); tt.answer == nil {
				w.at.Close()
			}
			_, err := Find(t.Context(), o)
			if tt.reason == "" { // something else answers, which is no proof that there is nothing
				if want := "instance metadata: " + w.endpoint().Host + ": the answer is not the name of a role"; err == nil || err.Error() != want {
					t.Errorf("error = %v, want %s", err, want)
				}
				return
			}
			missing, ok := errors.AsType[*NotFoundError](err)
			if !ok {
				t.Fatalf("error = %v", err)
			}
			last := strings.ReplaceAll(missing.Reasons[len(missing.Reasons)-1], w.endpoint().Host, "HOST")
			if want := "instance metadata: " + tt.reason; last != want {
				t.Errorf("%s, want %s", last, want)
			}
		})
	}
}

// A metadata service that has no tokens is asked without one, as in a container
// that gets no answer to its wish for one.
func TestMetadataWithoutTokens(t *testing.T) {
	w := start(t)
	w.down["/latest/api/token"] = true
	source, account, err := identify(t.Context(), setting{}.options(t, w))
	if err != nil || account != ofInstance || source != "the instance's role the-role" {
		t.Errorf("%s, %s, %v", source, account, err)
	}
	inner := w.at.Config.Handler
	w.at.Config.Handler = http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			<-r.Context().Done()
			return
		}
		inner.ServeHTTP(out, r)
	})
	o := setting{}.options(t, w)
	o.Timeout = 300 * time.Millisecond
	if _, account, err := identify(t.Context(), o); err != nil || account != ofInstance {
		t.Errorf("%s, %v", account, err)
	}
}
