package credentials

import (
	"encoding/json"
	"os"
)

// A cliProfile is an entry of the command line tool's configuration, with the
// fields that decide whose credentials come out.
type cliProfile struct {
	Name         string `json:"name"`
	Mode         string `json:"mode"`
	KeyID        string `json:"access_key_id"`
	Secret       string `json:"access_key_secret"`
	Token        string `json:"sts_token"`
	Role         string `json:"ram_role_arn"`
	OIDCProvider string `json:"oidc_provider_arn"`
	OIDCToken    string `json:"oidc_token"`
	OIDCFile     string `json:"oidc_token_file"`
	Source       string `json:"source_profile"`
}

// checkCLI returns the profile to use, the current one if none is named, or why
// it cannot be used as it stands. The library would fill empty fields from the
// environment, and so sign for another account; and it would never return from
// profiles that are each other's source.
func checkCLI(file, profile string) (string, error) {
	if err := readable(file); err != nil {
		return "", err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", errUnreadable
	}
	var config struct {
		Current  string       `json:"current"`
		Profiles []cliProfile `json:"profiles"`
	}
	if json.Unmarshal(text, &config) != nil {
		return "", errNotJSON
	}
	if profile == "" {
		profile = config.Current
	}
	source := profile
	for range config.Profiles {
		p, ok := find(config.Profiles, source)
		switch {
		case !ok:
			return "", errNoProfile
		case !p.complete():
			return "", errEmpty
		case p.Mode != "ChainableRamRoleArn":
			return profile, nil
		}
		source = p.Source
	}
	if len(config.Profiles) == 0 {
		return "", errNoProfile
	}
	return "", errCircle
}

// find returns the first profile with a name, the one that the library uses.
func find(profiles []cliProfile, name string) (cliProfile, bool) {
	for _, p := range profiles {
		if p.Name == name {
			return p, true
		}
	}
	return cliProfile{}, false
}

// complete reports whether the profile has all that its mode would otherwise
// take from the environment.
func (p cliProfile) complete() bool {
	keys := p.KeyID != "" && p.Secret != ""
	switch p.Mode {
	case "AK":
		return keys
	case "StsToken":
		return keys && p.Token != ""
	case "RamRoleArn":
		return keys && p.Role != ""
	case "ChainableRamRoleArn":
		return p.Role != ""
	case "OIDC":
		return p.Role != "" && p.OIDCProvider != "" && (p.OIDCToken != "" || p.OIDCFile != "")
	default:
		return true
	}
}
