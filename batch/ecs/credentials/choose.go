package credentials

import (
	"slices"
	"strconv"
	"strings"
)

// A place is a source that is configured.
type place struct {
	name    string
	fetch   fetch
	last    bool     // it was taken since nothing is configured
	reasons []string // why no place before it was
	role    *string  // the instance's, known after the first fetch
}

// families are the beginnings of the environment's names: the official one, and
// those that the command line tool takes besides.
var families = []string{"ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_"}

// strangers are variables in which other tools expect keys. They are not used
// here, but whoever sets one does not expect the instance's role.
var strangers = []string{"ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY", "ALICLOUD_SHARED_CREDENTIALS_FILE"}

// choose returns the first place that is configured. It reads files, and does
// nothing that takes time.
func (f *finder) choose() (place, error) {
	if f.Profile != "" {
		return f.named(f.Profile, nil)
	}
	var at place
	for _, look := range []func() (place, error){f.environment, f.oidcEnvironment} {
		found, err := look()
		if found.fetch != nil || !isAbsent(err) {
			return found, explainAt(found.name, err)
		}
		at.reasons = append(at.reasons, found.name+": "+err.Error())
	}
	name, err := f.profileVariable()
	if name != "" || err != nil {
		if err != nil {
			return place{}, err
		}
		return f.named(name, at.reasons)
	}
	for _, look := range []func() (place, error){f.current, f.defaultSection, f.uriEnvironment, f.strange} {
		found, err := look()
		if found.fetch != nil || !isAbsent(err) {
			return found, explainAt(found.name, err)
		}
		if found.name != "" {
			at.reasons = append(at.reasons, found.name+": "+err.Error())
		}
	}
	if isTrue(f.Getenv(metadataSwitch)) {
		return place{}, &NotFoundError{Reasons: append(at.reasons, "instance metadata: disabled by the environment")}
	}
	at.name, at.last = "instance metadata", true
	role := f.Getenv("ALIBABA_CLOUD_ECS_METADATA")
	at.role, at.fetch = &role, f.metadata(&role)
	return at, nil
}

func isAbsent(err error) bool {
	r, ok := asRefusal(err)
	return ok && r.absent
}

func explainAt(name string, err error) error { return (&Source{name: name}).explain(err) }

// variable returns the first of the families' variables that is set, and its
// name.
func (f *finder) variable(suffix string) (value, name string) {
	for _, family := range families {
		if value = f.Getenv(family + suffix); value != "" {
			return value, family + suffix
		}
	}
	return "", families[0] + suffix
}

// environment takes the keys of one family and never mixes two.
func (f *finder) environment() (place, error) {
	for _, family := range families {
		l := labels{family + "ACCESS_KEY_ID", family + "ACCESS_KEY_SECRET", family + "SECURITY_TOKEN"}
		id, secret, token := f.Getenv(l.id), f.Getenv(l.secret), f.Getenv(l.token)
		if id+secret+token == "" {
			continue
		}
		at := place{name: "the environment (" + l.id + ")"}
		for _, part := range []struct{ name, value string }{{l.id, id}, {l.secret, secret}} {
			if part.value == "" {
				return at, refuse("%s is not set, though %s is", part.name, firstSet([2]string{l.id, id}, [2]string{l.secret, secret}, [2]string{l.token, token}))
			}
		}
		found, err := l.keys(id, secret, token, noExpiry)
		if err != nil {
			return at, err
		}
		at.fetch = fixed(found)
		return at, nil
	}
	return place{name: "environment"}, absent("not set")
}

func firstSet(variables ...[2]string) string {
	for _, v := range variables {
		if v[1] != "" {
			return v[0]
		}
	}
	return ""
}

func (f *finder) oidcEnvironment() (place, error) {
	var p profile
	var name, providerName string
	p.OIDCFile, name = f.variable("OIDC_TOKEN_FILE")
	p.OIDCToken = f.Getenv("ALIBABA_CLOUD_OIDC_TOKEN")
	p.OIDCProvider, providerName = f.variable("OIDC_PROVIDER_ARN")
	if p.OIDCFile+p.OIDCToken+p.OIDCProvider == "" {
		return place{name: "OIDC"}, absent("not set")
	}
	at := place{name: "the environment (" + name + ")"}
	var roleName string
	p.RoleARN, roleName = f.variable("ROLE_ARN")
	p.SessionName, _ = f.variable("ROLE_SESSION_NAME")
	switch {
	case p.OIDCFile+p.OIDCToken == "":
		return at, refuse("%s is not set, though %s is", name, providerName)
	case p.OIDCProvider == "":
		return at, refuse("%s is not set, though an OIDC token is", providerName)
	case p.RoleARN == "":
		return at, refuse("%s is not set, though an OIDC token is", roleName)
	}
	var err error
	at.fetch, err = f.oidc(p)
	return at, err
}

// profileVariable returns the profile that the environment names. Two that
// differ are refused: the tools do not agree on which comes first.
func (f *finder) profileVariable() (string, error) {
	name, from := f.variable("PROFILE")
	for _, family := range families {
		if other := f.Getenv(family + "PROFILE"); other != "" && other != name {
			return "", explainAt("the environment", refuse("%s and %sPROFILE name different profiles", from, family).advise("unset one, or use --profile"))
		}
	}
	return name, nil
}

func (f *finder) config() book {
	b := book{parse: parseConfig}
	b.path, b.shown = f.path("ALIBABA_CLOUD_CONFIG_FILE", ".aliyun/config.json")
	if isTrue(f.Getenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED")) || isTrue(f.Getenv("ALIBABA_CLOUD_IGNORE_PROFILE")) ||
		isTrue(f.Getenv("ALIBABACLOUD_IGNORE_PROFILE")) {
		b.path, b.parse = "", nil
	}
	return b
}

// open reads config.json, or says that the environment switches it off.
func (f *finder) open(b book) (profiles, error) {
	if b.parse == nil {
		return profiles{}, absent("disabled by the environment")
	}
	return b.read()
}

// sections is the SDKs' shared file, under its newer name if only that exists.
func (f *finder) sections() book {
	b := book{parse: parseINI}
	const variable, usual = "ALIBABA_CLOUD_CREDENTIALS_FILE", ".alibabacloud/credentials"
	b.path, b.shown = f.path(variable, usual)
	if _, err := readFile(b.path); f.Getenv(variable) == "" && b.path != "" && isAbsent(err) {
		if _, err := readFile(b.path + ".ini"); !isAbsent(err) {
			b.path, b.shown = b.path+".ini", b.shown+".ini"
		}
	}
	return b
}

// named looks for a profile in the two files and nowhere else.
func (f *finder) named(name string, reasons []string) (place, error) {
	for _, b := range []book{f.config(), f.sections()} {
		list, err := f.open(b)
		if err == nil {
			if p, ok := list.find(name); ok {
				return f.use(b, list, p)
			}
			err = absent("no such profile")
		}
		if !isAbsent(err) {
			return place{}, explainAt("profile "+shown(name)+" of "+b.shown, err)
		}
		reasons = append(reasons, b.shown+": "+err.Error())
	}
	return place{}, &NotFoundError{Profile: name, Reasons: reasons}
}

// use makes a place of a profile.
func (f *finder) use(b book, list profiles, p profile) (place, error) {
	at := place{name: "profile " + shown(p.Name) + " of " + b.shown}
	var err error
	at.fetch, err = f.fetchOf(b, list, p, nil)
	return at, explainAt(at.name, err)
}

// current is the command line tool's current profile, "default" if the file
// does not name one. A file without profiles configures nothing.
func (f *finder) current() (place, error) {
	b := f.config()
	list, err := f.open(b)
	if err != nil {
		return place{name: b.shown}, err
	}
	name := "default"
	if list.Current != nil {
		name = *list.Current
	}
	p, ok := list.find(name)
	switch {
	case ok:
		return f.use(b, list, p)
	case len(list.List) == 0 && (list.Current == nil || name == ""):
		return place{name: b.shown}, absent("no profiles")
	}
	return place{name: b.shown}, refuse("its current profile %s does not exist", shown(name)).
		advise("name one with --profile, or make one current: aliyun configure switch --profile NAME")
}

func (f *finder) defaultSection() (place, error) {
	b := f.sections()
	list, err := b.read()
	if err != nil {
		return place{name: b.shown}, err
	}
	if p, ok := list.find("default"); ok {
		return f.use(b, list, p)
	}
	if len(list.List) == 0 {
		return place{name: b.shown}, absent("no sections")
	}
	return place{name: b.shown}, refuse("it has no section default").advise("name one with --profile")
}

func (f *finder) uriEnvironment() (place, error) {
	const variable = "ALIBABA_CLOUD_CREDENTIALS_URI"
	uri := f.Getenv(variable)
	if uri == "" {
		return place{name: "credentials URI"}, absent("not set")
	}
	at := place{name: "the environment (" + variable + ")"}
	var err error
	at.fetch, err = f.uri(variable, uri)
	return at, err
}

// strange refuses the instance's role if one of strangers is set.
func (f *finder) strange() (place, error) {
	for _, name := range strangers {
		if f.Getenv(name) != "" {
			return place{name: "the environment (" + name + ")"}, refuse("%s is set, which is not used here", name).
				advise("set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or unset it to use the instance's role")
		}
	}
	return place{}, absent("")
}

// configure is how to run the command line tool for a profile.
func configure(p profile, more ...string) string {
	words := append([]string{"aliyun", "configure", "--profile", quoted(p.Name)}, more...)
	return strings.Join(words, " ")
}

// quoted writes a word for a shell. One that a terminal would not show as it is
// is escaped and cannot be pasted.
func quoted(s string) string {
	switch {
	case shown(s) == s:
		return s
	case strings.IndexFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) >= 0:
		return strconv.Quote(s)
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// IsVariable reports whether an environment variable may lead to keys. All names
// of the families count: which of them are secret differs from one SDK to the
// next.
func IsVariable(name string) bool {
	return slices.ContainsFunc(families, func(family string) bool { return strings.HasPrefix(name, family) })
}
