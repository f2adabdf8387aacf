module istio-federation.dev/lab/tools/chains

go 1.26.0
