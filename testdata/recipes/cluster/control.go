package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// A control is the processes of a control plane on loopback. Stop it when done.
type control struct {
	client    kubernetes.Interface
	programs  string // the folder of the built programs
	folder    string // of its data and logs
	processes []*exec.Cmd
}

const token = "of-a-cluster-on-loopback"

// startControl starts a control plane and returns once its API server answers that
// it is ready. What it started is stopped by stop, after an error too.
func startControl(ctx context.Context, programs, folder string) (*control, error) {
	c := &control{programs: programs, folder: folder}
	ports, err := freePorts(5)
	if err != nil {
		return c, err
	}
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	if err := c.write(at(2)); err != nil {
		return c, err
	}
	err = c.start(
		"etcd", "--data-dir", c.path("etcd"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", "http://"+at(0), "--advertise-client-urls", "http://"+at(0),
		"--listen-peer-urls", "http://"+at(1), "--initial-advertise-peer-urls", "http://"+at(1), "--initial-cluster", "default=http://"+at(1),
	)
	if err == nil {
		err = c.start(
			"kube-apiserver", "--etcd-servers", "http://"+at(0), "--bind-address", "127.0.0.1", "--secure-port", fmt.Sprint(ports[2]),
			"--cert-dir", c.path("certificates"), "--token-auth-file", c.path("tokens"), "--authorization-mode", "RBAC",
			"--endpoint-reconciler-type", "none", "--service-cluster-ip-range", "10.0.0.0/24",
			"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", c.path("key"), "--service-account-signing-key-file", c.path("key"),
			"--default-unreachable-toleration-seconds", "5",
		)
	}
	if err != nil {
		return c, err
	}
	c.client, err = kubernetes.NewForConfig(&rest.Config{
		Host: "https://" + at(2), BearerToken: token, TLSClientConfig: rest.TLSClientConfig{Insecure: true}, QPS: 200, Burst: 200,
	})
	if err != nil {
		return c, err
	}
	if err := c.ready(ctx); err != nil {
		return c, err
	}
	err = c.start(
		"kube-controller-manager", "--kubeconfig", c.path("kubeconfig"), "--leader-elect=false", "--bind-address", "127.0.0.1", "--secure-port", fmt.Sprint(ports[3]),
		"--service-account-private-key-file", c.path("key"), "--node-monitor-period", "1s", "--node-monitor-grace-period", "8s",
	)
	if err == nil {
		err = c.start("kube-scheduler", "--kubeconfig", c.path("kubeconfig"), "--leader-elect=false", "--bind-address", "127.0.0.1", "--secure-port", fmt.Sprint(ports[4]))
	}
	return c, err
}

// write writes the files that the processes share: the token, the key of service
// accounts, and where the API server is.
func (c *control) write(server string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	files := map[string]string{
		"tokens": token + `,admin,admin,"system:masters"` + "\n",
		"key":    string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
		"kubeconfig": `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://` + server + `", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: ` + token + `}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`,
	}
	for name, text := range files {
		if err := os.WriteFile(c.path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (c *control) path(name string) string { return filepath.Join(c.folder, name) }

// start starts a program, whose output goes to a file that has its name.
func (c *control) start(name string, args ...string) error {
	log, err := os.Create(c.path(name + ".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(c.programs, name), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.folder, log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	c.processes = append(c.processes, cmd)
	return nil
}

// ready waits for two minutes at most.
func (c *control) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		text, err := c.client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		if err == nil && bytes.Equal(text, []byte("ok")) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the API server is not ready: %s, %w", text, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// stop kills all processes, the last one first.
func (c *control) stop() {
	for i := len(c.processes) - 1; i >= 0; i-- {
		_ = c.processes[i].Process.Kill()
		_ = c.processes[i].Wait() // it was killed
	}
}

// freePorts returns ports of loopback that nobody has. Another may take one before
// it is used.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
