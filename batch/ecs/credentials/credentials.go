// Package credentials finds the keys that sign calls, in the places and in the
// order in which Alibaba Cloud's own tools look for them, and keeps session
// tokens fresh. The looking is done by the official library; this package adds
// what a long-running job needs on top: one goroutine at a time inside the
// library (it has races), a chain that never falls back from a profile that was
// named, an answer within two seconds where there is nothing to find, and
// errors that quote no secret.
package credentials

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aliyun/credentials-go/credentials/providers"

	"imgrename/batch/ecs"
)

// metadataTimeout, in milliseconds, bounds each of the two looks at the
// metadata service. Off the cloud its address answers nothing at all.
const metadataTimeout = 400

// A NotFoundError tells that no source had credentials. It names the sources
// and why each had none, without quoting what they hold.
type NotFoundError struct {
	Profile string // "" for the default chain
	Reasons []string
}

func (e *NotFoundError) Error() string {
	what := "no credentials found"
	if e.Profile != "" {
		what = fmt.Sprintf("no usable credentials for profile %q", e.Profile)
	}
	return what + ": " + strings.Join(e.Reasons, "; ")
}

// A Source hands out credentials from the first place that has some, and stays
// with that place. It is safe for concurrent use.
type Source struct {
	profile string

	mu     sync.Mutex
	chain  []link
	chosen providers.CredentialsProvider
}

// A link is one place to look in.
type link struct {
	name     string
	provider func() (providers.CredentialsProvider, error)
}

// Find resolves a profile, or the default chain if profile is empty, once. It
// returns a [*NotFoundError] if there is nothing to use.
func Find(ctx context.Context, profile string) (*Source, error) {
	s := &Source{profile: profile, chain: defaultChain()}
	if profile != "" {
		s.chain = profileChain(profile)
	}
	_, err := s.Credentials(ctx)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Credentials returns what is valid now, refreshed by the library where it is
// about to expire. Callers wait for each other.
func (s *Source) Credentials(context.Context) (ecs.Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chosen != nil {
		got, err := s.chosen.GetCredentials()
		if err != nil {
			return ecs.Credentials{}, fmt.Errorf("the credentials could not be refreshed: %s", reason(err))
		}
		return convert(got), nil
	}
	missing := &NotFoundError{Profile: s.profile}
	for _, l := range s.chain {
		got, provider, err := l.try()
		if err != nil {
			missing.Reasons = append(missing.Reasons, l.name+": "+reason(err))
			continue
		}
		s.chosen = provider
		return convert(got), nil
	}
	return ecs.Credentials{}, missing
}

func (l link) try() (*providers.Credentials, providers.CredentialsProvider, error) {
	provider, err := l.provider()
	if err != nil {
		return nil, nil, err
	}
	got, err := provider.GetCredentials()
	if err == nil && (got.AccessKeyId == "" || got.AccessKeySecret == "") {
		err = errEmpty
	}
	return got, provider, err
}

func convert(c *providers.Credentials) ecs.Credentials {
	return ecs.Credentials{
		AccessKeyID:     c.AccessKeyId,
		AccessKeySecret: ecs.NewSecret(c.AccessKeySecret),
		SecurityToken:   ecs.NewSecret(c.SecurityToken),
	}
}

var (
	errNotSet   = errors.New("not set")
	errNoFile   = errors.New("no such file")
	errEmpty    = errors.New("the key id or the secret is empty")
	errDisabled = errors.New("switched off by the environment")
)

// reason says why a place had nothing. The library's own errors are not
// repeated: some quote a whole configuration file, others an endpoint's reply.
func reason(err error) string {
	for _, known := range []error{errNotSet, errNoFile, errEmpty, errDisabled} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	text := err.Error()
	for _, known := range []struct{ fragment, reason string }{
		{"unable to get profile", "no such profile"},
		{"Can not load section", "no such profile"},
		{"no any configured profiles", "no such profile"},
		{"unsupported profile mode", "a mode that is not supported"},
		{"unmarshal aliyun cli config", "not valid JSON"},
		{"get role name failed", "not reachable, or no role is attached"},
		{"refresh Ecs sts token", "the role gave no credentials"},
		{"metadata token", "not reachable"},
		{"is disabled", errDisabled.Error()},
		{"unable to get credentials from enviroment", errNotSet.Error()},
	} {
		if strings.Contains(text, known.fragment) {
			return known.reason
		}
	}
	return "it could not be used"
}

// profileChain looks for a named profile and for nothing else: whoever names an
// account must never be given another one.
func profileChain(profile string) []link {
	return []link{cliLink(profile), fileLink(profile)}
}

// defaultChain is the order of the official library's default chain.
func defaultChain() []link {
	chain := []link{{"environment", func() (providers.CredentialsProvider, error) {
		if os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID") == "" && os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET") == "" {
			return nil, errNotSet
		}
		return providers.NewEnvironmentVariableCredentialsProviderBuilder().Build()
	}}, {"OIDC", func() (providers.CredentialsProvider, error) {
		if os.Getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE") == "" {
			return nil, errNotSet
		}
		return providers.NewOIDCCredentialsProviderBuilder().Build()
	}}}
	chain = append(chain, cliLink(""), fileLink(""))
	return append(chain, link{"instance metadata", func() (providers.CredentialsProvider, error) {
		return providers.NewECSRAMRoleCredentialsProviderBuilder().
			WithHttpOptions(&providers.HttpOptions{ConnectTimeout: metadataTimeout, ReadTimeout: metadataTimeout}).
			Build()
	}}, link{"credentials URI", func() (providers.CredentialsProvider, error) {
		if os.Getenv("ALIBABA_CLOUD_CREDENTIALS_URI") == "" {
			return nil, errNotSet
		}
		return providers.NewURLCredentialsProviderBuilder().Build()
	}})
}

func cliLink(profile string) link {
	file := inHome("ALIBABA_CLOUD_CONFIG_FILE", ".aliyun", "config.json")
	return link{name(file), func() (providers.CredentialsProvider, error) {
		if err := exists(file); err != nil {
			return nil, err
		}
		return providers.NewCLIProfileCredentialsProviderBuilder().WithProfileFile(file).WithProfileName(profile).Build()
	}}
}

func fileLink(profile string) link {
	file := inHome("ALIBABA_CLOUD_CREDENTIALS_FILE", ".alibabacloud", "credentials")
	return link{name(file), func() (providers.CredentialsProvider, error) {
		if err := exists(file); err != nil {
			return nil, err
		}
		return providers.NewProfileCredentialsProviderBuilder().WithProfileName(profile).Build()
	}}
}

// inHome is a configuration file's path: the environment's, else the usual one.
func inHome(variable string, elements ...string) string {
	if file := os.Getenv(variable); file != "" {
		return file
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(append([]string{home}, elements...)...)
}

func name(file string) string {
	if file == "" {
		return "home folder"
	}
	return file
}

func exists(file string) error {
	if file == "" {
		return errNotSet
	}
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return errNoFile
	} else if err != nil {
		return errors.New("it could not be used")
	}
	return nil
}
