package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// enter gives a process a host name, mounts and a root, read-only if the container
// asks for it, and becomes the container's command, as its user. Its arguments are
// host name, root, user, group, "ro" or "rw" for the root, a file of mounts, which has
// a line "SOURCE TARGET OPTIONS" for each, and the command.
const enter = `set -e
hostname "$1"; root=$2; user=$3:$4; way=$5; mounts=$6
shift 6
mount --make-rprivate /
mount --bind "$root" "$root"
while read -r source target options; do
	mount --bind "$source" "$root$target"
	mount -o "remount,bind,$options" "$root$target"
done <"$mounts"
mount -o "remount,bind,$way" "$root"
exec chroot --userspec="$user" --groups="${user#*:}" "$root" "$@"`

// start starts the only container of a pod.
func (n *node) start(ctx context.Context, pod *core.Pod) (*container, error) {
	if len(pod.Spec.Containers) != 1 || len(pod.Spec.InitContainers) > 0 {
		return nil, errors.New("this node runs pods of one container")
	}
	spec := pod.Spec.Containers[0]
	folder := filepath.Join(n.folder, string(pod.UID))
	root := filepath.Join(folder, "root")
	if err := copyProgram(n.program, filepath.Join(root, "usr/bin/imgrename")); err != nil {
		return nil, err
	}
	mounts, err := n.mounts(ctx, pod, folder, root)
	if err != nil {
		return nil, err
	}
	environ, err := n.environment(ctx, pod)
	if err != nil {
		return nil, err
	}
	expand := expansion.MappingFuncFor(environ)
	way := "rw"
	if spec.SecurityContext != nil && spec.SecurityContext.ReadOnlyRootFilesystem != nil && *spec.SecurityContext.ReadOnlyRootFilesystem {
		way = "ro"
	}
	user := pod.Spec.SecurityContext
	args := []string{"-c", enter, "sh", pod.Name, root, fmt.Sprint(*user.RunAsUser), fmt.Sprint(*user.RunAsGroup), way, mounts}
	for _, word := range append(append([]string(nil), spec.Command...), spec.Args...) {
		args = append(args, expansion.Expand(word, expand))
	}
	c := &container{started: time.Now(), output: filepath.Join(folder, "output"), ended: make(chan struct{})}
	output, err := os.Create(c.output)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	c.cmd = exec.Command("sh", args...)
	c.cmd.Stdout, c.cmd.Stderr = output, output
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS}
	c.cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "HOSTNAME=" + pod.Name}
	for name, value := range environ {
		c.cmd.Env = append(c.cmd.Env, name+"="+value)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = c.cmd.Wait() // the exit code tells
		close(c.ended)
	}()
	return c, nil
}

// copyProgram makes a root that has a program, and nothing else.
func copyProgram(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o755)
}

// mounts makes the volumes of a pod and the places they go to, and writes the file
// that enter reads.
func (n *node) mounts(ctx context.Context, pod *core.Pod, folder, root string) (string, error) {
	sources := make(map[string]string)
	for _, volume := range pod.Spec.Volumes {
		switch {
		case volume.PersistentVolumeClaim != nil:
			claim, err := n.client.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, volume.PersistentVolumeClaim.ClaimName, meta.GetOptions{})
			if err != nil {
				return "", err
			}
			if claim.Status.Phase != core.ClaimBound {
				return "", fmt.Errorf("claim %s is %s", claim.Name, claim.Status.Phase)
			}
			sources[volume.Name] = n.shared
		case volume.ConfigMap != nil:
			config, err := n.client.CoreV1().ConfigMaps(pod.Namespace).Get(ctx, volume.ConfigMap.Name, meta.GetOptions{})
			if err != nil {
				return "", err
			}
			sources[volume.Name] = filepath.Join(folder, volume.Name)
			if err := os.Mkdir(sources[volume.Name], 0o755); err != nil {
				return "", err
			}
			for name, text := range config.Data {
				if err := os.WriteFile(filepath.Join(sources[volume.Name], name), []byte(text), 0o644); err != nil {
					return "", err
				}
			}
		default:
			return "", fmt.Errorf("volume %s is of a kind that this node has not", volume.Name)
		}
	}
	var lines strings.Builder
	for _, mount := range pod.Spec.Containers[0].VolumeMounts {
		if err := os.MkdirAll(filepath.Join(root, mount.MountPath), 0o755); err != nil {
			return "", err
		}
		fmt.Fprintln(&lines, sources[mount.Name], mount.MountPath, map[bool]string{true: "ro", false: "rw"}[mount.ReadOnly])
	}
	file := filepath.Join(folder, "mounts")
	return file, os.WriteFile(file, []byte(lines.String()), 0o644)
}

// environment returns the variables of the only container of a pod.
func (n *node) environment(ctx context.Context, pod *core.Pod) (map[string]string, error) {
	set := make(map[string]string)
	for _, from := range pod.Spec.Containers[0].EnvFrom {
		if from.SecretRef == nil {
			return nil, errors.New("this node takes variables from secrets")
		}
		secret, err := n.client.CoreV1().Secrets(pod.Namespace).Get(ctx, from.SecretRef.Name, meta.GetOptions{})
		if err != nil {
			return nil, err
		}
		for name, value := range secret.Data {
			set[name] = string(value)
		}
	}
	for _, v := range pod.Spec.Containers[0].Env {
		switch from := v.ValueFrom; {
		case from == nil:
			set[v.Name] = v.Value
		case from.FieldRef != nil:
			value, err := field(pod, from.FieldRef.FieldPath)
			if err != nil {
				return nil, err
			}
			set[v.Name] = value
		default:
			return nil, fmt.Errorf("variable %s is from a place that this node has not", v.Name)
		}
	}
	return set, nil
}

// field returns an annotation or a label of a pod by its path.
func field(pod *core.Pod, path string) (string, error) {
	for prefix, values := range map[string]map[string]string{"metadata.annotations['": pod.Annotations, "metadata.labels['": pod.Labels} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return values[strings.TrimSuffix(rest, "']")], nil
		}
	}
	return "", fmt.Errorf("no field %s", path)
}
