package credentials

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aliyun/credentials-go/credentials/providers"
)

// metadataTimeout, in milliseconds, bounds connecting to the metadata service,
// and reading from it. Outside the cloud its address does not answer.
const metadataTimeout = 400

// A link is one place to look in. It is sure if credentials there must be the
// ones that were meant, so that no other place may replace it.
type link struct {
	name     string
	sure     bool
	provider func() (providers.CredentialsProvider, error)
}

// profileChain looks for a named profile and nothing else: whoever names an
// account must never get another one.
func profileChain(profile string) []link {
	return []link{cliLink(profile), fileLink(profile)}
}

// defaultChain is the order of the official library's default chain. It ends
// early if the environment names a profile.
func defaultChain(profile string) []link {
	chain := []link{
		{"environment", true, fromEnvironment},
		{"OIDC", true, fromOIDC},
		cliLink(profile),
		fileLink(profile),
	}
	if profile != "" {
		return chain
	}
	return append(chain,
		link{"instance metadata", false, fromMetadata},
		link{"credentials URI", true, fromURI},
	)
}

func fromEnvironment() (providers.CredentialsProvider, error) {
	id, secret := os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
	switch {
	case id == "" && secret == "":
		return nil, errNotSet
	case id == "" || secret == "":
		return nil, errEmpty
	}
	return providers.NewEnvironmentVariableCredentialsProviderBuilder().Build()
}

func fromOIDC() (providers.CredentialsProvider, error) {
	if os.Getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE") == "" {
		return nil, errNotSet
	}
	return providers.NewOIDCCredentialsProviderBuilder().Build()
}

func fromMetadata() (providers.CredentialsProvider, error) {
	return providers.NewECSRAMRoleCredentialsProviderBuilder().
		WithHttpOptions(&providers.HttpOptions{ConnectTimeout: metadataTimeout, ReadTimeout: metadataTimeout}).
		Build()
}

func fromURI() (providers.CredentialsProvider, error) {
	if os.Getenv("ALIBABA_CLOUD_CREDENTIALS_URI") == "" {
		return nil, errNotSet
	}
	return providers.NewURLCredentialsProviderBuilder().Build()
}

// cliLink looks for the profile in the command line tool's configuration. ""
// means the current one, and stays that one if another becomes current.
func cliLink(profile string) link {
	file := inHome("ALIBABA_CLOUD_CONFIG_FILE", ".aliyun/config.json")
	return link{name(file, ".aliyun/config.json"), profile != "", func() (providers.CredentialsProvider, error) {
		found, err := checkCLI(file, profile)
		if err != nil {
			return nil, err
		}
		profile = found
		return providers.NewCLIProfileCredentialsProviderBuilder().WithProfileFile(file).WithProfileName(profile).Build()
	}}
}

// fileLink looks for the profile in the SDKs' shared file. "" means its section
// "default".
func fileLink(profile string) link {
	file := inHome("ALIBABA_CLOUD_CREDENTIALS_FILE", ".alibabacloud/credentials")
	return link{name(file, ".alibabacloud/credentials"), profile != "", func() (providers.CredentialsProvider, error) {
		if err := readable(file); err != nil {
			return nil, err
		}
		return providers.NewProfileCredentialsProviderBuilder().WithProfileName(profile).Build()
	}}
}

// inHome returns a configuration file's path, the environment's or the usual.
func inHome(variable, usual string) string {
	if file := os.Getenv(variable); file != "" {
		return file
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, usual)
}

// name returns a file's name for messages, even if there is no home folder.
func name(file, usual string) string {
	if file == "" {
		return "~/" + usual
	}
	return file
}

func readable(file string) error {
	if file == "" {
		return errNoHome
	}
	f, err := os.Open(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNoFile
	case err != nil:
		return errUnreadable
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return errUnreadable
	}
	return nil
}
