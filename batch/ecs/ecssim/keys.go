package ecssim

import (
	"fmt"
	"path"
	"strings"
	"sync"
	"time"
)

// An Account owns images and has keys.
type Account struct {
	ID      string // 16 digits, by position in Config if empty
	Keys    []Key
	Regions map[string][]Image
}

// A Key is an access key of an account. With a SecurityToken it is a temporary
// one, as STS hands out.
type Key struct {
	AccessKeyID   string
	Secret        string
	SecurityToken string
	Expires       time.Time // of the token; zero is never
	User          string    // the RAM user or role behind it; the account itself if empty
	Inactive      bool      // refused with InvalidAccessKeyId.Inactive
	Disabled      bool      // refused with Forbidden.AccessKeyDisabled
	Denied        []Denial  // what its RAM policy forbids
}

// A Denial is a deny statement of a RAM policy. Both patterns may hold * for
// any text, and an empty one matches everything.
type Denial struct {
	Action string // as ecs:ModifyImageAttribute
	Image  string // an image id; never matches a call that names no image
}

// ParseDenial reads a denial from text: an action, as ecs:ModifyImageAttribute or
// ecs:Describe*, and maybe = and the ids of images, as m-1 or m-prod-*.
func ParseDenial(text string) (Denial, error) {
	action, image, named := strings.Cut(text, "=")
	d := Denial{Action: action, Image: image}
	if named && image == "" {
		return Denial{}, fmt.Errorf("denial %q: of which image?", text)
	}
	if _, err := path.Match(image, ""); err != nil {
		return Denial{}, fmt.Errorf("denial %q: %q is no pattern", text, image)
	}
	for _, o := range operations {
		if o.ram != "" && action != "" && matches(action, o.ram) {
			return d, nil
		}
	}
	return Denial{}, fmt.Errorf("denial %q: no action %q, as ecs:ModifyImageAttribute", text, action)
}

// A principal is who sent a request: a key and its account.
type principal struct {
	Key
	account *account
}

// usable returns why the key, with this token, may not be used; nil if it may.
func (p *principal) usable(token string, now time.Time) *refusal {
	switch {
	case p.Inactive:
		return refuse("InvalidAccessKeyId.Inactive")
	case p.Disabled:
		return refuse("Forbidden.AccessKeyDisabled")
	case p.SecurityToken != "" && token == "":
		return refuse("MissingSecurityToken")
	case p.SecurityToken == "" && token != "":
		return refuse("InvalidSecurityToken.Malformed")
	case p.SecurityToken != token:
		return refuse("InvalidSecurityToken.MismatchWithAccessKey")
	case !p.Expires.IsZero() && !now.Before(p.Expires):
		return refuse("InvalidSecurityToken.Expired")
	}
	return nil
}

// may reports whether the policy allows an action on an image ("" for none).
func (p *principal) may(action, image string) bool {
	for _, d := range p.Denied {
		if matches(d.Action, action) && (d.Image == "" || image != "" && matches(d.Image, image)) {
			return false
		}
	}
	return true
}

// denied refuses an action that the policy does not allow. Its detail is as
// RAM's pages and other products' SDKs describe it; whether ECS sends one is
// open, and faults that forbid a call have none.
func (p *principal) denied(action string) *refusal {
	r, kind := refuse("Forbidden.RAM"), "SubUser"
	if p.SecurityToken != "" {
		kind = p.identityType()
	}
	r.denial = object{
		{"AuthAction", action},
		{"AuthPrincipalType", kind},
		{"AuthPrincipalOwnerId", p.account.id},
		{"AuthPrincipalDisplayName", p.User},
		{"NoPermissionType", "ExplicitDeny"},
		{"PolicyType", "AccountLevelIdentityBasedPolicy"},
	}
	return r
}

func matches(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	ok, err := path.Match(pattern, text)
	return ok && err == nil
}

// arn returns the ARN that GetCallerIdentity gives the principal.
func (p *principal) arn() string {
	switch {
	case p.SecurityToken != "":
		return fmt.Sprintf("acs:ram::%s:assumed-role/%s", p.account.id, p.User)
	case p.User != "":
		return fmt.Sprintf("acs:ram::%s:user/%s", p.account.id, p.User)
	default:
		return fmt.Sprintf("acs:ram::%s:root", p.account.id)
	}
}

func (p *principal) identityType() string {
	switch {
	case p.SecurityToken != "":
		return "AssumedRoleUser"
	case p.User != "":
		return "RAMUser"
	default:
		return "Account"
	}
}

// A keyring finds the owner of an access key. AssumeRole adds to it.
type keyring struct {
	mu   sync.RWMutex
	byID map[string]*principal
}

func (k *keyring) find(accessKeyID string) (*principal, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	p, ok := k.byID[accessKeyID]
	return p, ok
}

// add adds a key and reports whether it was new.
func (k *keyring) add(p *principal) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, taken := k.byID[p.AccessKeyID]; taken {
		return false
	}
	k.byID[p.AccessKeyID] = p
	return true
}
