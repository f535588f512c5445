package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/credentials"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hush marks everything that must not be shown.
const hush = "hush"

// A setting is what the environment and the home folder hold.
type setting struct {
	env    map[string]string
	config string // ~/.aliyun/config.json
	file   string // ~/.alibabacloud/credentials
}

// apply makes a setting the only one, and returns the home folder.
func (s setting) apply(t *testing.T) string {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "ALIBABA_CLOUD_") {
			t.Setenv(name, "")
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	for name, value := range s.env {
		t.Setenv(name, value)
	}
	write(t, filepath.Join(home, ".aliyun", "config.json"), s.config)
	write(t, filepath.Join(home, ".alibabacloud", "credentials"), s.file)
	return home
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if text == "" {
		return
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// keys are credentials as text, to compare them.
type keys struct{ ID, Secret, Token string }

func plain(c ecs.Credentials) keys {
	return keys{c.AccessKeyID, c.AccessKeySecret.Reveal(), c.SecurityToken.Reveal()}
}

// envKeys set the environment's keys.
func envKeys(more ...string) map[string]string {
	env := map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "env-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "env-hush"}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

const config = `{"current":"main","profiles":[
	{"name":"main","mode":"AK","access_key_id":"main-id","access_key_secret":"main-hush"},
	{"name":"session","mode":"StsToken","access_key_id":"session-id","access_key_secret":"session-hush","sts_token":"token-hush"},
	{"name":"both","mode":"AK","access_key_id":"cli-id","access_key_secret":"cli-hush"}]}`

const file = `
[default]
type = access_key
access_key_id = file-id
access_key_secret = file-hush
[shared]
type = access_key
access_key_id = shared-id
access_key_secret = shared-hush
[both]
type = access_key
access_key_id = ini-id
access_key_secret = ini-hush
`

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		name    string
		setting setting
		profile string
		want    keys
	}{
		{"keys of the environment", setting{env: envKeys()}, "", keys{"env-id", "env-hush", ""}},
		{"a session of the environment", setting{env: envKeys("ALIBABA_CLOUD_SECURITY_TOKEN", "t-hush")}, "", keys{"env-id", "env-hush", "t-hush"}},
		{"the environment comes first", setting{env: envKeys(), config: config, file: file}, "", keys{"env-id", "env-hush", ""}},
		{"the current profile of the command line tool", setting{config: config}, "", keys{"main-id", "main-hush", ""}},
		{"the command line tool comes before the shared file", setting{config: config, file: file}, "", keys{"main-id", "main-hush", ""}},
		{"a named profile", setting{config: config}, "session", keys{"session-id", "session-hush", "token-hush"}},
		{"a named profile, not the environment", setting{env: envKeys("ALIBABA_CLOUD_SECURITY_TOKEN", "t-hush"), config: config}, "main", keys{"main-id", "main-hush", ""}},
		{"a profile the environment names", setting{env: map[string]string{"ALIBABA_CLOUD_PROFILE": "session"}, config: config}, "", keys{"session-id", "session-hush", "token-hush"}},
		{"a named profile, not the one the environment names", setting{env: map[string]string{"ALIBABA_CLOUD_PROFILE": "session"}, config: config}, "main", keys{"main-id", "main-hush", ""}},
		{"the shared file", setting{file: file}, "", keys{"file-id", "file-hush", ""}},
		{"a section of the shared file", setting{config: config, file: file}, "shared", keys{"shared-id", "shared-hush", ""}},
		{"a profile in both files", setting{config: config, file: file}, "both", keys{"cli-id", "cli-hush", ""}},
		{"a current profile that is not there", setting{config: `{"current":"gone","profiles":[{"name":"a"}]}`, file: file}, "", keys{"file-id", "file-hush", ""}},
		{"the command line tool's files are switched off", setting{env: map[string]string{"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"}, config: config, file: file}, "both", keys{"ini-id", "ini-hush", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.setting.apply(t)
			source, err := credentials.Find(t.Context(), tt.profile)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				got, err := source.Credentials(t.Context())
				if diff := cmp.Diff(tt.want, plain(got)); diff != "" || err != nil {
					t.Errorf("%v (-want +got)\n%s", err, diff)
				}
			}
			if shown := fmt.Sprintf("%v %+v %#v", source, source, source); strings.Contains(shown, hush) {
				t.Errorf("the source shows %s", shown)
			}
		})
	}
}

func TestFilesElsewhere(t *testing.T) {
	elsewhere := t.TempDir()
	write(t, filepath.Join(elsewhere, "c"), config)
	write(t, filepath.Join(elsewhere, "f"), file)
	setting{env: map[string]string{
		"ALIBABA_CLOUD_CONFIG_FILE": filepath.Join(elsewhere, "c"), "ALIBABA_CLOUD_CREDENTIALS_FILE": filepath.Join(elsewhere, "f"),
	}}.apply(t)
	for profile, want := range map[string]string{"main": "main-id", "shared": "shared-id"} {
		source, err := credentials.Find(t.Context(), profile)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := source.Credentials(t.Context()); got.AccessKeyID != want {
			t.Errorf("%s: %s, want %s", profile, got.AccessKeyID, want)
		}
	}
}

func TestNotFound(t *testing.T) {
	const noKeys = "the key id, the secret or another part is empty"
	one := func(fields string) string { return `{"profiles":[{"name":"p",` + fields + `}]}` }
	for _, tt := range []struct {
		name    string
		setting setting
		profile string
		want    string // CONFIG and FILE stand for the paths
	}{
		{"nothing anywhere", setting{}, "", "no credentials found: environment: not set; OIDC: not set; CONFIG: no such file; FILE: no such file; instance metadata: disabled by the environment; credentials URI: not set"},
		{"an unknown profile", setting{env: envKeys(), config: config, file: file}, "gone", `no usable credentials for profile "gone": CONFIG: no such profile; FILE: no such profile`},
		{"an unknown profile and no file", setting{env: envKeys()}, "gone", `no usable credentials for profile "gone": CONFIG: no such file; FILE: no such file`},
		{"the environment names an unknown profile", setting{env: map[string]string{"ALIBABA_CLOUD_PROFILE": "gone", "ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:1/hush"}, config: config}, "", `no usable credentials for profile "gone": environment: not set; OIDC: not set; CONFIG: no such profile; FILE: no such file`},

		{"an id without a secret in the environment", setting{env: map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "a"}, config: config}, "", "no credentials found: environment: " + noKeys},
		{"a secret without an id in the environment", setting{env: map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_SECRET": hush}, config: config}, "", "no credentials found: environment: " + noKeys},
		{"an OIDC token without a role", setting{env: map[string]string{"ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/hush"}, config: config}, "", "no credentials found: environment: not set; OIDC: " + noKeys},

		{"a broken configuration", setting{config: `{"profiles":[{"name":"p","access_key_secret":"hush"`, file: file}, "shared", `no usable credentials for profile "shared": CONFIG: not valid JSON`},
		{"a configuration without profiles", setting{config: `{"current":"p"}`}, "p", `no usable credentials for profile "p": CONFIG: no such profile; FILE: no such file`},
		{"a configuration with a hole", setting{config: `{"profiles":[null,{"name":"p","mode":"AK","access_key_id":"a","access_key_secret":"hush"}]}`}, "p", `no usable credentials for profile "p": CONFIG: it could not be used`},
		{"a mode nobody knows", setting{config: one(`"mode":"Hush"`)}, "p", `no usable credentials for profile "p": CONFIG: its mode is not supported`},

		// The library would take what is empty from the environment.
		{"a profile without an id", setting{env: envKeys(), config: one(`"mode":"AK","access_key_secret":"hush"`)}, "p", `no usable credentials for profile "p": CONFIG: ` + noKeys},
		{"a profile without a secret", setting{env: envKeys(), config: one(`"mode":"AK","access_key_id":"a"`)}, "p", `no usable credentials for profile "p": CONFIG: ` + noKeys},
		{"a session without a token", setting{env: envKeys("ALIBABA_CLOUD_SECURITY_TOKEN", hush), config: one(`"mode":"StsToken","access_key_id":"a","access_key_secret":"hush"`)}, "p", `no usable credentials for profile "p": CONFIG: ` + noKeys},
		{"a role without an ARN", setting{env: envKeys("ALIBABA_CLOUD_ROLE_ARN", "acs:x"), config: one(`"mode":"RamRoleArn","access_key_id":"a","access_key_secret":"hush"`)}, "p", `no usable credentials for profile "p": CONFIG: ` + noKeys},
		{"a role by OIDC without an ARN", setting{env: envKeys("ALIBABA_CLOUD_ROLE_ARN", "acs:x"), config: one(`"mode":"OIDC","oidc_provider_arn":"x","oidc_token_file":"/hush"`)}, "p", `no usable credentials for profile "p": CONFIG: ` + noKeys},
		{"a source profile without a secret", setting{env: envKeys(), config: `{"profiles":[{"name":"p","mode":"ChainableRamRoleArn","ram_role_arn":"x","source_profile":"q"},{"name":"q","mode":"AK","access_key_id":"a"}]}`}, "p", `no usable credentials for profile "p": CONFIG: ` + noKeys},
		{"source profiles in a circle", setting{config: `{"profiles":[{"name":"p","mode":"ChainableRamRoleArn","ram_role_arn":"x","source_profile":"q"},{"name":"q","mode":"ChainableRamRoleArn","ram_role_arn":"x","source_profile":"p"}]}`}, "p", `no usable credentials for profile "p": CONFIG: its source profiles form a cycle`},
		{"a profile that is broken, and a section of that name", setting{config: `{"profiles":[{"name":"both","mode":"AK"}]}`, file: file}, "both", `no usable credentials for profile "both": CONFIG: ` + noKeys},

		{"a section without a secret", setting{env: envKeys(), file: "[p]\ntype=access_key\naccess_key_id=a\naccess_key_secret=\n"}, "p", `no usable credentials for profile "p": CONFIG: no such file; FILE: ` + noKeys},
		{"a section without a type", setting{file: "[p]\naccess_key_secret=hush\n"}, "p", `no usable credentials for profile "p": CONFIG: no such file; FILE: its mode is not supported`},
		{"a shared file that is none", setting{file: "hush hush hush\n"}, "p", `no usable credentials for profile "p": CONFIG: no such file; FILE: it cannot be read`},
		{"a profile of hostile name", setting{}, "\x1b[31m\n", `no usable credentials for profile "\x1b[31m\n": CONFIG: no such file; FILE: no such file`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home := tt.setting.apply(t)
			checkNotFound(t, home, tt.profile, tt.want)
		})
	}
}

// checkNotFound looks for a profile and expects an error, twice, since what is
// not found must not be remembered as found.
func checkNotFound(t *testing.T, home, profile, want string) {
	t.Helper()
	_, err := credentials.Find(t.Context(), profile)
	missing, ok := errors.AsType[*credentials.NotFoundError](err)
	if !ok {
		t.Fatalf("error = %v, want one of nothing found", err)
	}
	got := strings.NewReplacer(
		filepath.Join(home, ".aliyun", "config.json"), "CONFIG",
		filepath.Join(home, ".alibabacloud", "credentials"), "FILE",
	).Replace(missing.Error())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if strings.Contains(err.Error(), hush) {
		t.Errorf("the error quotes: %v", err)
	}
	if ecs.Classify(err) != ecs.Unsent {
		t.Errorf("class = %v", ecs.Classify(err))
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Run("a folder in place of the file", func(t *testing.T) {
		home := setting{}.apply(t)
		for _, folder := range []string{".aliyun/config.json", ".alibabacloud/credentials"} {
			if err := os.MkdirAll(filepath.Join(home, folder), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		checkNotFound(t, home, "p", `no usable credentials for profile "p": CONFIG: it cannot be read`)
		checkNotFound(t, home, "", "no credentials found: environment: not set; OIDC: not set; CONFIG: it cannot be read; FILE: it cannot be read; instance metadata: disabled by the environment; credentials URI: not set")
	})
	t.Run("no permission", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may read everything")
		}
		home := setting{config: config}.apply(t)
		if err := os.Chmod(filepath.Join(home, ".aliyun", "config.json"), 0); err != nil {
			t.Fatal(err)
		}
		checkNotFound(t, home, "main", `no usable credentials for profile "main": CONFIG: it cannot be read`)
	})
	t.Run("no home", func(t *testing.T) {
		setting{}.apply(t)
		t.Setenv("HOME", "")
		checkNotFound(t, "/nowhere", "p", `no usable credentials for profile "p": ~/.aliyun/config.json: there is no home folder; ~/.alibabacloud/credentials: there is no home folder`)
	})
}

func TestASearchThatIsCancelled(t *testing.T) {
	setting{env: envKeys()}.apply(t)
	source, err := credentials.Find(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// Either the turn or the end may be seen first; neither may hang.
	if got, err := source.Credentials(ctx); err != nil && !errors.Is(err, context.Canceled) || err == nil && got.AccessKeyID != "env-id" {
		t.Errorf("%v, %v", got, err)
	}
}
