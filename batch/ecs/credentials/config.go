package credentials

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A profile is an entry of a configuration, in the words of the command line
// tool's config.json.
type profile struct {
	Name         string `json:"name"`
	Mode         string `json:"mode"`
	KeyID        string `json:"access_key_id"`
	Secret       string `json:"access_key_secret"`
	Token        string `json:"sts_token"`
	Expires      int64  `json:"sts_expiration"` // Unix time
	RoleARN      string `json:"ram_role_arn"`
	SessionName  string `json:"ram_session_name"`
	RoleName     string `json:"ram_role_name"`
	ExternalID   string `json:"external_id"`
	Policy       string `json:"policy"`
	Seconds      int    `json:"expired_seconds"`
	Source       string `json:"source_profile"`
	STSRegion    string `json:"sts_region"`
	STSEndpoint  string `json:"sts_endpoint"`
	VPC          bool   `json:"enable_vpc"`
	Command      string `json:"process_command"`
	URI          string `json:"credentials_uri"`
	OIDCProvider string `json:"oidc_provider_arn"`
	OIDCToken    string `json:"oidc_token"`
	OIDCFile     string `json:"oidc_token_file"`
	PrivateKey   string `json:"private_key"`
	Bearer       string `json:"bearer_token"`

	SignInURL          string `json:"cloud_sso_sign_in_url"`
	AccessToken        string `json:"access_token"` // of CloudSSO
	AccessTokenExpires int64  `json:"cloud_sso_access_token_expire"`
	AccessConfig       string `json:"cloud_sso_access_config"`
	AccountID          string `json:"cloud_sso_account_id"`

	Site                    string `json:"oauth_site_type"`
	OAuthAccessToken        string `json:"oauth_access_token"`
	OAuthAccessTokenExpires int64  `json:"oauth_access_token_expire"`

	// Expiration is what a process says, in place of sts_expiration.
	Expiration string `json:"expiration"`

	odd *refusal // why an ini file's section cannot be trusted, if it is used
}

// expires returns when the profile's keys expire, zero if it does not say.
func (p profile) expires() time.Time {
	if p.Expires == 0 {
		return time.Time{}
	}
	return time.Unix(p.Expires, 0)
}

// profiles are what a configuration file holds.
type profiles struct {
	Current *string   `json:"current"`
	List    []profile `json:"profiles"`
}

// find returns the first profile with a name, as the command line tool does.
func (c profiles) find(name string) (profile, bool) {
	for _, p := range c.List {
		if p.Name == name {
			return p, true
		}
	}
	return profile{}, false
}

// A book is a configuration file. It is read anew for each fetch, since its
// owner may sign in again meanwhile.
type book struct {
	path  string // "" if there is no home folder
	shown string
	parse func([]byte) (profiles, error)
}

func (b book) read() (profiles, error) {
	if b.path == "" {
		return profiles{}, absent("there is no home folder")
	}
	text, err := readFile(b.path)
	if err != nil {
		return profiles{}, err
	}
	return b.parse(text)
}

// readFile reads a small regular file: a pipe could keep it waiting for ever,
// and gives its content only once.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, absent("no such file")
	case err != nil:
		return nil, refuse("it cannot be read: %v", reasonOf(err))
	case !info.Mode().IsRegular():
		return nil, refuse("it is not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, refuse("it cannot be read: %v", reasonOf(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxAnswer+1))
	if err != nil {
		return nil, refuse("it cannot be read: %v", reasonOf(err))
	}
	if len(text) > maxAnswer {
		return nil, refuse("it is larger than %d bytes", maxAnswer)
	}
	return text, nil
}

// reasonOf leaves the path, which the source names, out of an error.
func reasonOf(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// parseConfig reads config.json.
func parseConfig(text []byte) (profiles, error) {
	var c profiles
	err := json.Unmarshal(text, &c)
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return profiles{}, refuse("%s has a value of the wrong type", shown(e.Field))
	}
	if err != nil {
		return profiles{}, refuse("not valid JSON")
	}
	return c, nil
}

// The ini file's types, as modes of the command line tool.
var iniModes = map[string]string{
	"access_key": "AK", "sts": "StsToken", "ram_role_arn": "RamRoleArn", "ecs_ram_role": "EcsRamRole",
	"oidc_role_arn": "OIDC", "credentials_uri": "CredentialsURI", "rsa_key_pair": "RsaKeyPair", "bearer": "BearerToken",
}

// parseINI reads the SDKs' shared file. The SDKs read it by different rules: a
// section that these would read differently is odd.
func parseINI(text []byte) (profiles, error) {
	var c profiles
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			name, ok = strings.CutSuffix(name, "]")
			if !ok {
				return profiles{}, refuse("a section's name has no end")
			}
			p := profile{Name: strings.TrimSpace(name)}
			if i := slices.IndexFunc(c.List, func(other profile) bool { return other.Name == p.Name }); i >= 0 {
				c.List[i].odd = refuse("the section is there twice")
			}
			c.List = append(c.List, p)
			continue
		}
		i := strings.IndexAny(line, "=:")
		if i < 0 {
			return profiles{}, refuse("a line is neither a section nor a key and its value")
		}
		if len(c.List) == 0 {
			continue // above all sections
		}
		c.List[len(c.List)-1].set(strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+1:]))
	}
	return c, nil
}

// set takes a key of the ini file.
func (p *profile) set(key, value string) {
	fields := map[string]*string{
		"type": &p.Mode, "access_key_id": &p.KeyID, "access_key_secret": &p.Secret, "security_token": &p.Token,
		"role_arn": &p.RoleARN, "role_session_name": &p.SessionName, "role_name": &p.RoleName, "policy": &p.Policy,
		"external_id": &p.ExternalID, "sts_endpoint": &p.STSEndpoint, "oidc_provider_arn": &p.OIDCProvider,
		"oidc_token_file_path": &p.OIDCFile, "credentials_uri": &p.URI,
	}
	field, ok := fields[key]
	if !ok {
		return
	}
	if strings.ContainsAny(value, "#;`") || strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "'") ||
		strings.HasSuffix(value, `\`) || strings.Contains(value, "%(") {
		p.odd = refuse("%s has a quote, comment or escape, which the official tools read differently", key).
			advise("write the value alone on its line")
	}
	if *field != "" {
		p.odd = refuse("%s is there twice", key)
	}
	*field = value
	if key == "type" {
		if mode, known := iniModes[value]; known {
			p.Mode = mode
		}
	}
}

// path returns a file's path, the environment's or the usual in the home
// folder, and its name for messages.
func (f *finder) path(variable, usual string) (path, name string) {
	if path = f.Getenv(variable); path != "" {
		return path, f.tilde(path)
	}
	if f.Home != "" {
		path = filepath.Join(f.Home, usual)
	}
	return path, "~/" + usual
}

func (f *finder) tilde(path string) string {
	if rest, ok := strings.CutPrefix(path, f.Home+"/"); ok && f.Home != "" {
		return "~/" + rest
	}
	return shown(path)
}
