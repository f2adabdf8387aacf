// Command charts writes the Helm charts that the pinned Istio embeds into a folder, by the names under which they are published.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"istio.io/istio/manifests"
)

// Published name of each chart, and where Istio's source has it.
var charts = map[string]string{
	"base":    "charts/base",
	"istiod":  "charts/istio-control/istio-discovery",
	"gateway": "charts/gateway",
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: charts FOLDER")
		os.Exit(2)
	}
	for name, source := range charts {
		if err := write(source, filepath.Join(os.Args[1], name)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func write(source, folder string) error {
	chart, err := fs.Sub(manifests.FS, source)
	if err != nil {
		return err
	}
	return os.CopyFS(folder, chart)
}
