package credentials

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"imgrename/batch/ecs"
)

// The command line tool signs a person in and keeps two things in the profile:
// an access token, and the keys of a session that this token bought. Keys that
// last are used as they stand, so that a sign-in host may be away. Else the
// token buys new ones, which change nothing at the host. A token that is over
// is not refreshed: the host would replace it, and it stands in the user's file.

// A signIn is what CloudSSO and OAuth have in common.
type signIn struct {
	what    string // the service's name
	command string // what signs in again
	token   string
	expires int64 // of token
	request func() (*http.Request, error)
	parse   func(host string, a answer) (keys, error)
}

// signedIn gets keys of a profile that a person has signed in to.
func (f *finder) signedIn(b book, p profile, of func(profile) (signIn, error)) (fetch, error) {
	if _, err := of(p); err != nil {
		return nil, err
	}
	return func(ctx context.Context, refused ecs.Credentials) (keys, error) {
		p, err := b.again(p)
		if err != nil {
			return keys{}, err
		}
		s, err := of(p)
		if err != nil {
			return keys{}, err
		}
		now := f.clock()
		left := time.Duration(0)
		var cached keys
		if p.KeyID != "" && p.Secret != "" && p.Token != "" && p.Expires != 0 {
			if cached, err = configLabels.keys(p.KeyID, p.Secret, p.Token, p.expires()); err != nil {
				return keys{}, err
			}
			if cached.Credentials != refused {
				left = cached.expires.Sub(now)
			}
		}
		if left > ahead {
			return cached, nil
		}
		got, err := f.buy(ctx, s, now)
		if err != nil && left > flight && ctx.Err() == nil {
			return cached, nil
		}
		return got, err
	}, nil
}

// buy gets new keys for a token.
func (f *finder) buy(ctx context.Context, s signIn, now time.Time) (keys, error) {
	if s.token == "" || s.expires <= now.Unix() {
		return keys{}, refuse("the %s sign-in has expired", s.what).advise("sign in again: %s", s.command)
	}
	if what := flaw(s.token); what != "" {
		return keys{}, refuse("the %s access token %s", s.what, what).advise("sign in again: %s", s.command)
	}
	request, err := s.request()
	if err != nil {
		return keys{}, refuse("the %s sign-in host is not an address", s.what)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	a, err := f.do(ctx, request)
	if err != nil {
		return keys{}, err
	}
	if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden || a.status == http.StatusBadRequest {
		return keys{}, refuse("%s refused the %s sign-in: %s", request.URL.Host, s.what, statusText(a.status)).advise("sign in again: %s", s.command)
	}
	return s.parse(request.URL.Host, a)
}

func (f *finder) cloudSSO(b book, p profile) (fetch, error) {
	return f.signedIn(b, p, func(p profile) (signIn, error) {
		for _, part := range []struct{ name, value string }{
			{"cloud_sso_sign_in_url", p.SignInURL}, {"cloud_sso_account_id", p.AccountID}, {"cloud_sso_access_config", p.AccessConfig},
		} {
			if part.value == "" {
				return signIn{}, refuse("%s is empty", part.name).advise("%s", configure(p, "--mode", "CloudSSO"))
			}
		}
		u, err := url.Parse(p.SignInURL)
		if err != nil {
			return signIn{}, refuse("cloud_sso_sign_in_url is not a URL")
		}
		at, err := ecs.ParseEndpoint(u.Scheme + "://" + u.Host)
		if err != nil {
			return signIn{}, refuse("cloud_sso_sign_in_url: %v", err)
		}
		return signIn{
			what: "CloudSSO", command: configure(p), token: p.AccessToken, expires: p.AccessTokenExpires,
			request: func() (*http.Request, error) {
				body, err := json.Marshal(map[string]string{"AccountId": p.AccountID, "AccessConfigurationId": p.AccessConfig})
				if err != nil {
					return nil, err
				}
				return post(at, "/cloud-credentials", bytes.NewReader(body))
			},
			parse: func(host string, a answer) (keys, error) {
				var reply struct {
					CloudCredential *session
					session         // older hosts put it here
				}
				if err := a.decode(host, &reply); err != nil {
					return keys{}, err
				}
				return cmp.Or(reply.CloudCredential, &reply.session).keys(host)
			},
		}, nil
	})
}

// oauthHosts are those of the command line tool's sites.
var oauthHosts = map[string]ecs.Endpoint{
	"CN":   {Scheme: "https", Host: "oauth.aliyun.com"},
	"INTL": {Scheme: "https", Host: "oauth.alibabacloud.com"},
}

func (f *finder) oauthSession(b book, p profile) (fetch, error) {
	return f.signedIn(b, p, func(p profile) (signIn, error) {
		site := strings.ToUpper(p.Site)
		at, ok := oauthHosts[site]
		if !ok {
			return signIn{}, refuse("oauth_site_type must be CN or INTL").advise("%s", configure(p, "--mode", "OAuth"))
		}
		if f.Options.oauth != nil {
			at = f.Options.oauth(site)
		}
		return signIn{
			what: "OAuth", command: configure(p, "--mode", "OAuth", "--oauth-site-type", site),
			token: p.OAuthAccessToken, expires: p.OAuthAccessTokenExpires,
			request: func() (*http.Request, error) { return post(at, "/v1/exchange", http.NoBody) },
			parse:   parseSession,
		}, nil
	})
}

func post(at ecs.Endpoint, path string, body io.Reader) (*http.Request, error) {
	u := url.URL{Scheme: at.Scheme, Host: at.Host, Path: path}
	return http.NewRequest(http.MethodPost, u.String(), body)
}
