{{- /* The pod of a command. Given: root, component, args, configMap, port (none: no server), rules, and the component's values. */ -}}
{{- define "detector.pod" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ include "detector.serviceAccount" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.terminationGracePeriodSeconds }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
containers:
  - name: {{ .component }}
    image: {{ include "detector.image" .root | quote }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    args: {{- append .args "--config=/etc/detector/config/detector.yaml" | toYaml | nindent 6 }}
    {{- with $values.extraEnv }}
    env: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- if .port }}
    ports:
      - {name: http, containerPort: {{ .port }}}
    startupProbe:
      httpGet: {path: /livez, port: http}
      periodSeconds: 2
      failureThreshold: 30
    livenessProbe:
      httpGet: {path: /livez, port: http}
      periodSeconds: 10
      timeoutSeconds: 3
    readinessProbe:
      httpGet: {path: /readyz, port: http}
      periodSeconds: 5
      timeoutSeconds: 3
      failureThreshold: 2
    {{- end }}
    resources: {{- toYaml .values.resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    volumeMounts:
      - {name: config, mountPath: /etc/detector/config, readOnly: true}
      {{- if .rules }}
      - {name: rules, mountPath: /etc/detector/rules, readOnly: true}
      {{- end }}
      {{- range $number, $name := .values.secrets }}
      - {name: secret-{{ $number }}, mountPath: {{ printf "/etc/detector/secrets/%s" $name }}, readOnly: true}
      {{- end }}
      - {name: tmp, mountPath: /tmp}
      {{- with $values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: config
    configMap: {name: {{ .configMap }}}
  {{- if .rules }}
  - name: rules
    configMap: {name: {{ include "detector.fullname" .root }}-rules}
  {{- end }}
  {{- range $number, $name := .values.secrets }}
  - name: secret-{{ $number }}
    secret: {secretName: {{ $name }}, defaultMode: 0440}
  {{- end }}
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  {{- with $values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- range $name := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" }}
{{- with get $values $name }}
{{ $name }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* What stands before the pod in a Deployment's template. Given: root, component, config. */ -}}
{{- define "detector.podMetadata" -}}
labels:
  {{- include "detector.labels" . | nindent 2 }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  # Settings are read at the start alone; rules are taken up while it runs.
  checksum/config: {{ .config | sha256sum }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
