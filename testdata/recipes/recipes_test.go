// Package recipes has the recipes that help prints, and holds the one for Kubernetes
// against what its API server would say: decoding without unknown fields, defaults,
// and validation.
package recipes

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
)

// problems returns what an API server would refuse in a file of several documents.
func problems(text string) (found []string, kinds int) {
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, legacyscheme.Scheme, legacyscheme.Scheme, json.SerializerOptions{Yaml: true, Strict: true})
	decoder := legacyscheme.Codecs.CodecForVersions(nil, strict, nil, runtime.InternalGroupVersioner)
	for _, document := range strings.Split(text, "\n---\n") {
		object, err := runtime.Decode(decoder, []byte(document))
		if err != nil {
			found = append(found, err.Error())
			continue
		}
		kinds++
		var errs field.ErrorList
		switch o := object.(type) {
		case *core.PersistentVolume:
			errs = corevalidation.ValidatePersistentVolume(o, corevalidation.PersistentVolumeSpecValidationOptions{})
		case *core.PersistentVolumeClaim:
			o.Namespace = "default"
			errs = corevalidation.ValidatePersistentVolumeClaim(o, corevalidation.PersistentVolumeClaimSpecValidationOptions{})
		case *batch.CronJob:
			o.Namespace = "default"
			errs = batchvalidation.ValidateCronJobCreate(o, corevalidation.PodValidationOptions{})
		default:
			found = append(found, "no check for this kind")
		}
		for _, err := range errs {
			found = append(found, err.Error())
		}
	}
	return found, kinds
}

func TestKubernetes(t *testing.T) {
	text, err := os.ReadFile("kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if found, kinds := problems(string(text)); len(found) > 0 || kinds != 3 {
		t.Errorf("%d objects: %q", kinds, found)
	}
	for _, plant := range []struct{ old, new, want string }{
		{"completionMode:", "completionmode:", "unknown field"},
		{"values: [12, 13, 20]", "values: [20, 12, 13]", "order"},
		{"restartPolicy: Never", "restartPolicy: Always", "restartPolicy"},
		{"concurrencyPolicy: Forbid", "concurrencyPolicy: Never", "concurrencyPolicy"},
		{"accessModes: [ReadWriteMany]", "accessModes: [Many]", "accessModes"},
		{"backoffLimitPerIndex: 6", "backoffLimitPerIndex: -1", "backoffLimitPerIndex"},
	} {
		if !bytes.Contains(text, []byte(plant.old)) {
			t.Errorf("%s is not there", plant.old)
		}
		found, _ := problems(strings.Replace(string(text), plant.old, plant.new, 1))
		if !strings.Contains(strings.Join(found, "; "), plant.want) {
			t.Errorf("%s: %q", plant.new, found)
		}
	}
}
