// Command analyze runs all analyzers of `istioctl analyze` on the objects of one cluster, as JSON from standard input, and writes the
// messages to standard output.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"istio.io/istio/pkg/config/analysis/analyzers"
	"istio.io/istio/pkg/config/analysis/diag"
	"istio.io/istio/pkg/config/analysis/local"
	"istio.io/istio/pkg/config/resource"
	"istio.io/istio/pkg/log"
)

type input struct {
	Objects []json.RawMessage `json:"objects"`
	// YAML; empty for Istio's defaults.
	MeshConfig string `json:"meshConfig"`
	// Namespace of istiod.
	IstioNamespace string `json:"istioNamespace"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	// Standard output is for the messages.
	options := log.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	options.SetDefaultOutputLevel(log.OverrideScopeName, log.ErrorLevel)
	if err := log.Configure(options); err != nil {
		return err
	}
	var cluster input
	if err := json.NewDecoder(os.Stdin).Decode(&cluster); err != nil {
		return err
	}
	messages, err := analyze(cluster)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(messages)
}

func analyze(cluster input) (diag.Messages, error) {
	analyzer := local.NewIstiodAnalyzer(analyzers.AllCombined(), "", resource.Namespace(cluster.IstioNamespace), nil)
	if err := useMeshConfig(analyzer, cluster.MeshConfig); err != nil {
		return nil, err
	}
	sources := make([]local.ReaderSource, len(cluster.Objects))
	for i, object := range cluster.Objects {
		sources[i] = local.ReaderSource{Name: fmt.Sprintf("objects[%d]", i), Reader: strings.NewReader(string(object))}
	}
	// AddReaderKubeSource, which istioctl uses, ignores Services, Namespaces, Pods and Secrets of files.
	if err := analyzer.AddTestReaderKubeSource(sources); err != nil {
		return nil, err
	}
	stop := make(chan struct{})
	defer close(stop)
	result, err := analyzer.Analyze(stop)
	return result.Messages, err
}

// useMeshConfig sets a mesh config, which the analyzer reads from a file only.
func useMeshConfig(analyzer *local.IstiodAnalyzer, text string) error {
	file, err := os.CreateTemp("", "mesh-config-*.yaml")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return analyzer.AddFileKubeMeshConfig(file.Name())
}
