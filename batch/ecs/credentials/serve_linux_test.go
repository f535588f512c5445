package credentials

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// serveWorld serves a world on real addresses, for a test that gives a program a
// network of its own: CREDENTIALS_WORLD holds them, as "100.100.100.200:80
// 10.0.0.1:443". Those with port 443 speak TLS for the hosts of the cloud. When
// all are open, the certificate is written to CREDENTIALS_WORLD_CA. /calls
// answers with what was asked, a line each. It ends with its standard input.
func serveWorld(addresses string) {
	w, err := newWorld()
	if err != nil {
		log.Fatal(err)
	}
	certificate, text, err := certify()
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", w)
	mux.HandleFunc("/calls", func(out http.ResponseWriter, _ *http.Request) {
		for what, n := range w.asked() {
			fmt.Fprintln(out, what, n)
		}
	})
	for address := range strings.FieldsSeq(addresses) {
		l, err := net.Listen("tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		if strings.HasSuffix(address, ":443") {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}})
		}
		go func() { log.Fatal(http.Serve(l, mux)) }()
	}
	if err := os.WriteFile(os.Getenv("CREDENTIALS_WORLD_CA"), text, 0o600); err != nil {
		log.Fatal(err)
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}

// certify makes a certificate for the cloud's hosts, signed by itself.
func certify() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "world"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		DNSNames: []string{"*.aliyuncs.com", "*.cn-hangzhou.aliyuncs.com", "*.cn-shanghai.aliyuncs.com", "oauth.aliyun.com", "oauth.alibabacloud.com", "*.alibabacloudsso.com"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
