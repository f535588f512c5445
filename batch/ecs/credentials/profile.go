package credentials

import (
	"context"
	"slices"
	"strings"
	"time"

	"imgrename/batch/ecs"
)

var noExpiry time.Time

func fixed(k keys) fetch {
	return func(context.Context, ecs.Credentials) (keys, error) { return k, nil }
}

// modes are those of the command line tool, which does not regard their case.
var modes = []string{
	"AK", "StsToken", "RamRoleArn", "EcsRamRole", "RamRoleArnWithRoleName", "ChainableRamRoleArn", "External",
	"CredentialsURI", "OIDC", "CloudSSO", "OAuth", "RsaKeyPair", "BearerToken", "Anonymous",
}

// mode returns a profile's mode. Without one it follows from what is there, as
// in the command line tool.
func (p profile) mode() (string, error) {
	for _, m := range modes {
		if strings.EqualFold(m, p.Mode) {
			return m, nil
		}
	}
	keys := p.KeyID != "" && p.Secret != ""
	switch {
	case p.Mode != "":
		return "", refuse("its mode %s is not known", shown(p.Mode))
	case keys && p.Token != "":
		return "StsToken", nil
	case keys && p.RoleARN != "":
		return "RamRoleArn", nil
	case keys:
		return "AK", nil
	case p.PrivateKey != "":
		return "RsaKeyPair", nil
	case p.RoleName != "":
		return "EcsRamRole", nil
	case p.Command != "":
		return "External", nil
	case p.OIDCProvider != "" && p.OIDCFile != "" && p.RoleARN != "":
		return "OIDC", nil
	case p.SignInURL != "":
		return "CloudSSO", nil
	case p.Bearer != "":
		return "BearerToken", nil
	}
	return "", refuse("it has neither a mode nor keys").advise("%s", configure(p))
}

// fetchOf returns how to get the keys of a profile. list holds its source
// profiles, above the names of the profiles that it is a source of. b is its
// file, without a path if it is in none.
//
// Roles and hosts, which decide the account, stay as they are read here. Keys
// and tokens are read again for each fetch.
func (f *finder) fetchOf(b book, list profiles, p profile, above []string) (fetch, error) {
	if p.odd != nil {
		return nil, p.odd
	}
	mode, err := p.mode()
	if err != nil {
		return nil, err
	}
	switch mode {
	case "AK", "StsToken":
		return f.stored(b, p, mode)
	case "RamRoleArn":
		r, err := f.role(p)
		if err != nil {
			return nil, err
		}
		base, err := f.stored(b, p, mode)
		return f.assumeOver(r, base, err)
	case "RamRoleArnWithRoleName":
		r, err := f.role(p)
		if err != nil {
			return nil, err
		}
		base, err := f.instanceRole(p.RoleName)
		return f.assumeOver(r, base, err)
	case "ChainableRamRoleArn":
		return f.chain(b, list, p, above)
	case "EcsRamRole":
		return f.instanceRole(p.RoleName)
	case "External":
		return f.external(p)
	case "CredentialsURI":
		return f.uri("credentials_uri", p.URI)
	case "OIDC":
		return f.oidc(p)
	case "CloudSSO":
		return f.cloudSSO(b, p)
	case "OAuth":
		return f.oauthSession(b, p)
	}
	return nil, refuse("its mode %s is not supported", mode).advise("use a profile of another mode")
}

func (f *finder) assumeOver(r role, base fetch, err error) (fetch, error) {
	if err != nil {
		return nil, err
	}
	return f.assume(r, base), nil
}

// chain is a role assumed with the keys of another profile.
func (f *finder) chain(b book, list profiles, p profile, above []string) (fetch, error) {
	r, err := f.role(p)
	if err != nil {
		return nil, err
	}
	above = append(above, p.Name)
	if p.Source == "" {
		return nil, refuse("source_profile is empty")
	}
	if slices.Contains(above, p.Source) {
		return nil, refuse("its source profiles form a cycle")
	}
	source, ok := list.find(p.Source)
	if !ok {
		return nil, refuse("its source profile %s does not exist", shown(p.Source))
	}
	base, err := f.fetchOf(b, list, source, above)
	if err != nil {
		return nil, underSource(source, err)
	}
	return f.assume(r, func(ctx context.Context, refused ecs.Credentials) (keys, error) {
		k, err := base(ctx, refused)
		return k, underSource(source, err)
	}), nil
}

// underSource says that an error is of a source profile.
func underSource(source profile, err error) error {
	r, ok := asRefusal(err)
	if !ok {
		return err
	}
	named := *r
	named.reason = "its source profile " + shown(source.Name) + ": " + r.reason
	return &named
}

// again reads a profile anew. One that has become another account's is refused:
// the rows that are left belong to the first.
func (b book) again(p profile) (profile, error) {
	if b.path == "" {
		return p, nil
	}
	list, err := b.read()
	if err != nil {
		r, _ := asRefusal(err)
		return profile{}, &refusal{reason: r.reason, err: r.err}
	}
	now, ok := list.find(p.Name)
	switch {
	case !ok:
		return profile{}, refuse("the profile is no longer there")
	case now.odd != nil:
		return profile{}, now.odd
	case !strings.EqualFold(now.Mode, p.Mode) || now.AccountID != p.AccountID || now.Site != p.Site || now.RoleARN != p.RoleARN:
		return profile{}, refuse("the profile has been changed since this run began").advise("start again")
	}
	return now, nil
}

// stored are keys that stand in the profile.
func (f *finder) stored(b book, p profile, mode string) (fetch, error) {
	read := func(p profile) (keys, error) {
		switch {
		case mode == "AK":
			p.Token, p.Expires = "", 0
		case mode == "StsToken" && p.Token == "":
			return keys{}, refuse("sts_token is empty")
		}
		if p.Token == "" {
			p.Expires = 0
		}
		return configLabels.keys(p.KeyID, p.Secret, p.Token, p.expires())
	}
	if _, err := read(p); err != nil {
		return nil, err
	}
	return func(context.Context, ecs.Credentials) (keys, error) {
		now, err := b.again(p)
		if err != nil {
			return keys{}, err
		}
		return read(now)
	}, nil
}

// oidc is a role assumed with a token, which may be in a file that its owner
// replaces from time to time.
func (f *finder) oidc(p profile) (fetch, error) {
	r, err := f.role(p)
	switch {
	case err != nil:
		return nil, err
	case p.OIDCProvider == "":
		return nil, refuse("oidc_provider_arn is empty")
	case p.OIDCToken == "" && p.OIDCFile == "":
		return nil, refuse("oidc_token_file is empty")
	}
	return func(ctx context.Context, _ ecs.Credentials) (keys, error) {
		token := p.OIDCToken
		if token == "" {
			text, err := readFile(p.OIDCFile)
			if err != nil {
				return keys{}, refuse("the OIDC token's file %s: %v", f.tilde(p.OIDCFile), err)
			}
			token = strings.TrimSpace(string(text))
		}
		if token == "" {
			return keys{}, refuse("the OIDC token is empty")
		}
		if what := flaw(token); what != "" {
			return keys{}, refuse("the OIDC token %s", what)
		}
		return f.sts(ctx, r, "AssumeRoleWithOIDC", map[string][]string{"OIDCProviderArn": {p.OIDCProvider}, "OIDCToken": {token}}, nil)
	}, nil
}
