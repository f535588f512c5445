package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// canary is part of every secret of a world, and of nothing else in it.
const canary = "canary"

// The accounts behind the places where keys can be. Each has one image, of the
// same id.
const (
	ofEnvironment = "1000000000000001"
	ofConfig      = "1000000000000002"
	ofINI         = "1000000000000003"
	ofInstance    = "1000000000000004"
	ofURI         = "1000000000000005"
	ofOIDC        = "1000000000000006"
	ofCloudSSO    = "1000000000000007"
	ofOAuth       = "1000000000000008"
	ofProcess     = "1000000000000009"
)

// The addresses of the world. Nobody listens at silentAddress.
const (
	cloudAddress    = "10.9.0.1"
	silentAddress   = "10.9.0.2"
	proxyAddress    = "10.9.0.3"
	metadataAddress = "100.100.100.200"
)

// silentRegions are out of reach.
var silentRegions = []string{"cn-beijing", "cn-zhangjiakou", "cn-chengdu", "cn-heyuan", "cn-nanjing"}

// hostsOf are the names of the world, by address.
var hostsOf = map[string]string{
	cloudAddress: "sts.aliyuncs.com ecs-cn-hangzhou.aliyuncs.com sts.cn-hangzhou.aliyuncs.com sts.cn-shanghai.aliyuncs.com " +
		"oauth.aliyun.com signin-x.alibabacloudsso.com uri.example",
	silentAddress: "away.alibabacloudsso.com oauth.alibabacloud.com silent.example ecs." + strings.Join(silentRegions, ".aliyuncs.com ecs.") +
		".aliyuncs.com sts." + strings.Join(silentRegions, ".aliyuncs.com sts.") + ".aliyuncs.com",
	proxyAddress: "proxy.example",
}

// A world is all that a program can reach in a network of its own: ECS, STS, the
// metadata service, sign-in hosts, credentials URIs and a proxy. The simulator
// checks the signatures.
type world struct {
	certificate string // the file of the cloud's

	mu     sync.Mutex
	sim    *ecssim.Server
	visits []visit
}

// A visit is a request that came to a world.
type visit struct{ at, host, what string }

func (v visit) String() string { return v.at + " " + v.host + " " + v.what }

func longKey(name string) ecssim.Key {
	return ecssim.Key{AccessKeyID: name + "-id", Secret: name + "-secret-" + canary}
}

func sessionKey(name string) ecssim.Key {
	k := longKey(name)
	k.SecurityToken = name + "-token-" + canary
	return k
}

// reset forgets all that has come, and gives every account its image back.
func (w *world) reset(t *testing.T, images int) {
	t.Helper()
	over := sessionKey("config-over")
	over.Expires = time.Now().Add(-time.Hour)
	account := func(id string, keys ...ecssim.Key) ecssim.Account {
		return ecssim.Account{ID: id, Keys: keys, Regions: ecssim.Generate(images, "cn-hangzhou")}
	}
	sim, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{
		account(ofEnvironment, longKey("env"), sessionKey("env-session")),
		account(ofConfig, longKey("config"), sessionKey("config-session"), over),
		account(ofINI, longKey("ini")),
		account(ofInstance, sessionKey("instance")),
		account(ofURI, sessionKey("uri")),
		account(ofOIDC, sessionKey("oidc")),
		account(ofCloudSSO, sessionKey("sso"), sessionKey("sso-cached")),
		account(ofOAuth, sessionKey("oauth"), sessionKey("oauth-cached")),
		account(ofProcess, longKey("process"), sessionKey("process-session")),
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sim, w.visits = sim, nil
}

func (w *world) came(v visit) *ecssim.Server {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.visits = append(w.visits, v)
	return w.sim
}

func (w *world) seen() (*ecssim.Server, []visit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sim, append([]visit(nil), w.visits...)
}

// open listens at all addresses.
func (w *world) open(t *testing.T) {
	t.Helper()
	pair, text := certify(t)
	w.certificate = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(w.certificate, text, 0o600); err != nil {
		t.Fatal(err)
	}
	listen := func(address string) net.Listener {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	serve := func(l net.Listener, h http.Handler) {
		server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
		go func() { _ = server.Serve(l) }()
		t.Cleanup(func() { _ = server.Close() })
	}
	serve(tls.NewListener(listen(cloudAddress+":443"), &tls.Config{Certificates: []tls.Certificate{pair}}), w.at("cloud"))
	serve(listen(cloudAddress+":80"), w.at("web"))
	serve(listen(metadataAddress+":80"), w.at("metadata"))
	serve(listen("127.0.0.1:8080"), w.at("loopback"))
	serve(listen(proxyAddress+":3128"), http.HandlerFunc(w.proxy))
	decoy := listen("127.0.0.1:8443")
	t.Cleanup(func() { _ = decoy.Close() })
	go func() {
		for {
			c, err := decoy.Accept()
			if err != nil {
				return
			}
			w.came(visit{"decoy", "127.0.0.1:8443", "connection"})
			_ = c.Close()
		}
	}()
}

// certify makes a certificate for the cloud's hosts, signed by itself.
func certify(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "world"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, DNSNames: strings.Fields(hostsOf[cloudAddress]),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// at is what answers at one of the addresses.
func (w *world) at(place string) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		what := r.URL.Path
		if action := r.Header.Get("x-acs-action"); action != "" {
			what = action
		} else if action := r.URL.Query().Get("Action"); action != "" {
			what = action
		}
		sim := w.came(visit{place, r.Host, what})
		switch {
		case place == "metadata":
			metadata(out, r)
		case place == "web" && what == "/uri":
			give(out, "uri", "")
		case strings.HasPrefix(r.Host, "oauth.") && what == "/v1/exchange":
			exchange(out, r, "oauth", "")
		case strings.HasSuffix(r.Host, ".alibabacloudsso.com") && what == "/cloud-credentials":
			exchange(out, r, "sso", "CloudCredential")
		case what == "AssumeRoleWithOIDC":
			assumeWithOIDC(out, r)
		case place == "web":
			http.NotFound(out, r)
		default:
			sim.ServeHTTP(out, r)
		}
	})
}

const rolePath = "/latest/meta-data/ram/security-credentials/"

func metadata(out http.ResponseWriter, r *http.Request) {
	const header = "X-aliyun-ecs-metadata-token"
	switch {
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
		fmt.Fprint(out, "metadata-token-"+canary)
	case r.Header.Get(header) != "metadata-token-"+canary:
		out.WriteHeader(http.StatusForbidden)
	case r.URL.Path == rolePath:
		fmt.Fprint(out, "the-role")
	case r.URL.Path == rolePath+"the-role", r.URL.Path == rolePath+"other-role":
		give(out, "instance", "")
	default:
		http.NotFound(out, r)
	}
}

// exchange gives a session for an access token.
func exchange(out http.ResponseWriter, r *http.Request, name, below string) {
	if r.Header.Get("Authorization") != "Bearer access-"+canary {
		out.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(out, `{"message":%q}`, r.Header.Get("Authorization"))
		return
	}
	give(out, name, below)
}

func assumeWithOIDC(out http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body) // cut short, it is refused
	form, _ := url.ParseQuery(string(text))
	if form.Get("OIDCToken") != "oidc-"+canary || form.Get("RoleArn") != roleOf(ofOIDC) {
		out.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(out, `{"RequestId":"r","Code":"AuthenticationFail.OIDCToken.Invalid","Message":%q}`, form.Get("OIDCToken"))
		return
	}
	give(out, "oidc", "Credentials")
}

func roleOf(account string) string { return "acs:ram::" + account + ":role/r" }

// give writes a session, below a name if there is one.
func give(out io.Writer, name, below string) {
	k := sessionKey(name)
	text := fmt.Sprintf(`"AccessKeyId":%q,"AccessKeySecret":%q,"SecurityToken":%q,"Expiration":%q`,
		k.AccessKeyID, k.Secret, k.SecurityToken, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	if below != "" {
		fmt.Fprintf(out, `{"RequestId":"r",%q:{%s}}`, below, text)
		return
	}
	fmt.Fprintf(out, `{"Code":"Success",%s}`, text)
}

// proxy passes calls on to the cloud. To whoever asks it for metadata it gives
// the role of another account, as the proxy's own host would.
func (w *world) proxy(out http.ResponseWriter, r *http.Request) {
	w.came(visit{"proxy", r.Host, r.Method})
	switch {
	case r.Host == metadataAddress && strings.HasSuffix(r.URL.Path, "-role"):
		give(out, "uri", "")
		return
	case r.Host == metadataAddress:
		fmt.Fprint(out, "the-role")
		return
	case r.Method != http.MethodConnect:
		r.RequestURI = ""
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			out.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		out.WriteHeader(response.StatusCode)
		_, _ = io.Copy(out, response.Body)
		return
	}
	there, err := net.Dial("tcp", r.Host)
	if err != nil {
		out.WriteHeader(http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, _, err := out.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	fmt.Fprint(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
	_, _ = io.Copy(here, there)
}
