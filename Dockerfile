# One image for the broker, the consent service and every adapter: which of them it is, the command says.
FROM python:3.12-slim

WORKDIR /relay
COPY requirements/run.txt requirements/run.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/run.txt

COPY contracts contracts
COPY broker broker
COPY consent consent
COPY agencies agencies

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN mkdir /data && chown 10001:10001 /data
USER 10001:10001
ENTRYPOINT ["python", "-m"]
