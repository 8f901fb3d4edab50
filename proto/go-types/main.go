// Prints what the wire definitions and OpenAPI do not say of upstream's API types, as JSON: which fields are
// pointers, which are left out when empty, their Go names and types. Run as proto/README.md describes.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"

	admission "k8s.io/api/admission/v1"
	admissionbeta "k8s.io/api/admission/v1beta1"
	discovery "k8s.io/api/apidiscovery/v2"
	discoverybeta "k8s.io/api/apidiscovery/v2beta1"
	imagepolicy "k8s.io/api/imagepolicy/v1alpha1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

type field struct {
	Go     string `json:"go,omitempty"`
	JSON   string `json:"json,omitempty"`
	Type   string `json:"type"`
	Number int    `json:"number,omitempty"`
	Omit   string `json:"omit,omitempty"` // "empty" or "zero"
	Inline bool   `json:"inline,omitempty"`
	Patch  string `json:"patch,omitempty"` // the patch strategy, then the merge key
}

type facts struct {
	Kinds   map[string]string  `json:"kinds"`
	Structs map[string][]field `json:"structs"`
	Named   map[string]string  `json:"named"`
	Wrapped map[string]bool    `json:"wrapped"`
}

var found = facts{map[string]string{}, map[string][]field{}, map[string]string{}, map[string]bool{}}

type marshaler interface{ Marshal() ([]byte, error) }

func fullName(t reflect.Type) string {
	path := strings.NewReplacer("/", ".", "-", "_").Replace(t.PkgPath())
	return path + "." + t.Name()
}

// expression names a type, and walks into what it names.
func expression(t reflect.Type) string {
	if t.PkgPath() != "" {
		visit(t)
		return fullName(t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + expression(t.Elem())
	case reflect.Slice:
		return "[]" + expression(t.Elem())
	case reflect.Map:
		return "map[" + expression(t.Key()) + "]" + expression(t.Elem())
	}
	return t.String()
}

func underlying(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "[]" + expression(t.Elem())
	case reflect.Map:
		return "map[" + expression(t.Key()) + "]" + expression(t.Elem())
	}
	return t.Kind().String()
}

func visit(t reflect.Type) {
	name := fullName(t)
	if t.Kind() != reflect.Struct {
		if _, seen := found.Named[name]; seen {
			return
		}
		found.Named[name] = ""
		found.Named[name] = underlying(t)
		if reflect.PointerTo(t).Implements(reflect.TypeOf((*marshaler)(nil)).Elem()) {
			found.Wrapped[name] = true
		}
		return
	}
	if _, seen := found.Structs[name]; seen || strings.HasPrefix(name, "time.") {
		return
	}
	found.Structs[name] = []field{}
	fields := []field{}
	for i := 0; i < t.NumField(); i++ {
		if f, ok := describe(t.Field(i)); ok {
			fields = append(fields, f)
		}
	}
	found.Structs[name] = fields
}

func describe(member reflect.StructField) (field, bool) {
	tag, tagged := member.Tag.Lookup("json")
	wire := member.Tag.Get("protobuf")
	if !member.IsExported() || (tag == "-" && wire == "") {
		return field{}, false
	}
	parts := strings.Split(tag, ",")
	f := field{JSON: parts[0], Inline: member.Anonymous && parts[0] == ""}
	for _, option := range parts[1:] {
		if option == "omitzero" || (option == "omitempty" && f.Omit == "") {
			f.Omit = option[len("omit"):]
		}
		f.Inline = f.Inline || option == "inline"
	}
	if tagged && parts[0] == "-" {
		f.JSON = ""
	} else if f.JSON == "" && !f.Inline {
		f.JSON = member.Name
	}
	if split := strings.Split(wire, ","); len(split) > 1 {
		f.Number, _ = strconv.Atoi(split[1])
	}
	if strategy := member.Tag.Get("patchStrategy"); strategy != "" {
		f.Patch = strings.TrimSuffix(strategy+" "+member.Tag.Get("patchMergeKey"), " ")
	}
	f.Type = expression(member.Type)
	if !strings.EqualFold(member.Name, f.JSON) {
		f.Go = member.Name
	}
	return f, true
}

func main() {
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		scheme.AddToScheme, admission.AddToScheme, admissionbeta.AddToScheme, discovery.AddToScheme,
		discoverybeta.AddToScheme, imagepolicy.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme,
		meta.AddMetaToScheme,
	} {
		if err := add(known); err != nil {
			panic(err)
		}
	}
	meta.AddToGroupVersion(known, meta.Unversioned)
	for kind, t := range known.AllKnownTypes() {
		if kind.Version == runtime.APIVersionInternal {
			continue
		}
		group := kind.GroupVersion().String()
		found.Kinds[group+"/"+kind.Kind] = expression(t)
	}
	found.Kinds["v1/List"] = expression(reflect.TypeOf(meta.List{}))
	encoder := json.NewEncoder(os.Stdout)
	if err := encoder.Encode(found); err != nil {
		panic(err)
	}
}
