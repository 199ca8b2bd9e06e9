{{- define "bookshop.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}
{{- define "bookshop.labels" -}}
{{ include "bookshop.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}
{{- define "bookshop.web" -}}
{{ .Values.registry }}/{{ .Values.image.name }}:{{ .Values.image.tag }}
{{- end }}
{{- define "bookshop.tools" -}}
{{ .Values.registry }}/{{ .Values.tools.name }}:{{ .Values.tools.tag }}
{{- end }}
{{- define "bookshop.server" -}}
- name: {{ .name }}
  image: "{{ include "bookshop.web" .root }}"
  imagePullPolicy: IfNotPresent
  ports:
    - name: http
      containerPort: 8080
      protocol: TCP
  envFrom:
    - configMapRef:
        name: {{ .root.Release.Name }}
  readinessProbe:
    httpGet:
      path: /healthz
      port: http
    periodSeconds: 1
  livenessProbe:
    tcpSocket:
      port: http
  securityContext:
    {{- toYaml .root.Values.securityContext | nindent 4 }}
  resources:
    {{- toYaml .root.Values.resources | nindent 4 }}
{{- end }}
